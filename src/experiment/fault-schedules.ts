import fc from "fast-check";
import { type Fault, type FaultAction, type FaultPlan, type FaultTime, MOMENTS } from "../faults/index.ts";
import { isModelledFault, type Pipeline } from "../pipeline/index.ts";

const MILLISECOND = 1e6;

/** Draws plans of up to `most` faults that a pipeline can meet in `duration` ns: whom they hit is there, and the models can
 *  do it. They shrink towards no fault, and each towards the simplest one early in the run. */
export function faultSchedules(pipeline: Pipeline, duration: number, most: number): fc.Arbitrary<FaultPlan> {
  const times = faultTimes(pipeline, duration);
  const drawn = fc.tuple(faultActions(pipeline), times);
  return fc
    .array(drawn, { maxLength: most })
    .map((faults) => faults.map(([action, time], i): Fault => ({ name: `fault-${i + 1}`, action, time })));
}

function milliseconds(min: number, max: number): fc.Arbitrary<number> {
  return fc.integer({ min, max }).map((ms) => ms * MILLISECOND);
}

function faultTimes(pipeline: Pipeline, duration: number): fc.Arbitrary<FaultTime> {
  const at = milliseconds(0, Math.floor(duration / MILLISECOND)).map(
    (time): FaultTime => ({ kind: "at", time }),
  );
  const intervals = pipeline.jobs.map(({ checkpointing }) => checkpointing.interval ?? duration);
  const checkpoints = Math.max(1, Math.floor(duration / Math.min(...intervals)));
  const when = fc
    .record({
      moment: fc.constantFrom(...MOMENTS),
      checkpoint: fc.option(fc.integer({ min: 1, max: checkpoints }), { nil: undefined }),
      occurrence: fc.integer({ min: 1, max: 3 }),
      after: fc.oneof(fc.constant(0), milliseconds(0, 50)),
    })
    .map((drawn): FaultTime => ({ kind: "when", job: undefined, ...drawn }));
  return fc.oneof({ arbitrary: at, weight: 2 }, { arbitrary: when, weight: 1 });
}

function faultActions(pipeline: Pipeline): fc.Arbitrary<FaultAction> {
  const taskManager = fc
    .integer({ min: 1, max: pipeline.flink.taskManagers })
    .map((number) => ({ kind: "taskmanager", number }) as const);
  const broker = fc
    .integer({ min: 1, max: pipeline.kafka.brokers })
    .map((number) => ({ kind: "broker", number }) as const);
  const job = fc.constantFrom(...pipeline.jobs.map(({ name }) => name));
  const task = job.chain((name) =>
    fc
      .option(fc.nat({ max: pipeline.jobs.find((one) => one.name === name)!.parallelism - 1 }), {
        nil: undefined,
      })
      .map((subtask) => ({ job: name, vertex: subtask === undefined ? undefined : "source", subtask })),
  );
  const length = milliseconds(1, 30_000);
  const repair = fc.option(milliseconds(500, 20_000), { nil: undefined });
  const all: readonly fc.Arbitrary<FaultAction>[] = [
    task.map((target) => ({ kind: "fail", target })),
    fc
      .record({ target: taskManager, silent: fc.boolean(), repair })
      .map((drawn) => ({ kind: "kill", ...drawn })),
    fc.record({ target: taskManager, duration: length }).map((drawn) => ({ kind: "freeze", ...drawn })),
    fc
      .record({ target: task, factor: fc.integer({ min: 2, max: 20 }), duration: length })
      .map((drawn) => ({ kind: "slow", ...drawn })),
    fc
      .record({ target: broker, repair })
      .map(({ target, repair: after }) => ({ kind: "kill", target, silent: false, repair: after })),
    fc
      .constantFrom("notifyCheckpointComplete", "EndTxn request", "EndTxn response")
      .map((message) => ({ kind: "drop", message, job: undefined })),
    fc
      .record({ mode: fc.constantFrom("slow", "unavailable", "full", "metadata-fails"), duration: length })
      .map(({ mode, duration }) => ({ kind: "storage", mode, factor: mode === "slow" ? 10 : 1, duration })),
    fc
      .record({ target: broker, factor: fc.integer({ min: 2, max: 100 }), duration: length })
      .map(({ target, factor, duration }) => ({
        kind: "slow-disk",
        broker: target.number,
        factor,
        duration,
      })),
    fc.record({ job, from: fc.constantFrom("latest", "savepoint") }).map(({ job: name, from }) => ({
      kind: "operate",
      job: name,
      action: {
        kind: "restart",
        from,
        checkpoint: 0,
        parallelism: undefined,
        transactionalIdPrefix: undefined,
      },
    })),
  ];
  return fc.oneof(...all).filter((action) => isModelledFault(action));
}
