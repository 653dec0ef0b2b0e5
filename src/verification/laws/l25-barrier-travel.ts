import { assemble } from "../../pipeline/index.ts";
import { scenario } from "../scenario.ts";
import { SILENT } from "../silent-observer.ts";
import { exactRow, type Law, observations } from "./law.ts";

const SECOND = 1e9;
const UNCOMMITTED = 1;
const SUBTASKS = 4;
/** ms a record: 500 records/s a subtask, of 625 that come. */
const SERVICE = 2;
const SEGMENT_KB = 4;
/** bytes of a serialised record of 100 B, and of a buffer's worth of whole records. */
const RECORD = 117;
const EXCLUSIVE = 2;
const FLOATING = 8;
const MOST_PER_CHANNEL = 10;

/** The barriers of one checkpoint under back-pressure, s and records. */
interface Travel {
  /** From the injection at the sources until a task behind the exchange has its last barrier, mean and longest. */
  readonly mean: number;
  readonly longest: number;
  /** Records emitted and not served when the barriers were injected. */
  readonly inFlight: number;
}

function travels(checkpoints: number): Travel[] {
  const pipeline = scenario(
    `jobs.job.config.parallelism.default=${SUBTASKS}`,
    `flink.taskmanagers=${2 * SUBTASKS}`,
    `kafka.topics.in.partitions=${SUBTASKS}`,
    `kafka.topics.out.partitions=${SUBTASKS}`,
    "producers.load.rate=2500/s",
    `jobs.job.operators.process.service-time=${SERVICE} ms`,
    `taskmanager.memory.segment-size=${SEGMENT_KB} kb`,
    "sink.delivery-guarantee=none",
    "execution.checkpointing.interval=10 s",
  );
  let triggeredAt = 0;
  const deliveries: number[] = [];
  const emitted = new Map<number, number>();
  const injections = new Map<number, number[]>();
  const arrivals = new Map<number, number[]>();
  const put = (map: Map<number, number[]>, key: number, value: number): void => {
    map.set(key, [...(map.get(key) ?? []), value]);
  };
  const end = (checkpoints + 3) * 10 * SECOND;
  const world = assemble(pipeline, { seed: "1", loadEnd: end, spans: "curves", polls: "lazy" }, () => ({
    ...SILENT,
    checkpointTriggered: (_job, _checkpoint, at) => {
      triggeredAt = at;
    },
    snapshotStarted: (_job, subtask, checkpoint, startDelay, alignment) =>
      put(subtask < SUBTASKS ? injections : arrivals, checkpoint, triggeredAt + startDelay + alignment),
    offsetInSnapshot: (_job, checkpoint, _origin, offset) => {
      emitted.set(checkpoint, (emitted.get(checkpoint) ?? 0) + offset);
    },
    delivered: (reader, _origin, _route, from, to, first, last) => {
      if (reader !== UNCOMMITTED) return;
      const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
      for (let k = 0; k < to - from; k++) deliveries.push(first + k * spacing);
    },
  }));
  world.run(end);
  deliveries.sort((a, b) => a - b);
  let next = 0;
  return [...arrivals].slice(2, 2 + checkpoints).map(([checkpoint, at]) => {
    const injected = injections.get(checkpoint)!;
    const injection = injected.reduce((sum, one) => sum + one, 0) / injected.length;
    while (deliveries[next]! <= injection) next++;
    const times = at.map((one) => (one - injection) / SECOND);
    return {
      mean: times.reduce((sum, time) => sum + time, 0) / times.length,
      longest: Math.max(...times),
      inFlight: emitted.get(checkpoint)! - next,
    };
  });
}

export const barrierTravel: Law = {
  id: "L25",
  name: "barriers under back-pressure",
  statement:
    "an aligned barrier travels for in-flight data / drain rate, on average <= 2 (S ch excl + S float) / throughput a hop; to the busiest subtask, which may hold more of the senders' pools, <= S (ch (excl + 10) + float) / throughput",
  source: "credit-based flow control: exclusive and floating buffers on either side; FLIP-183",
  run: (effort) => {
    const seen = travels(observations(20, effort, 4));
    const drain = SUBTASKS / (SERVICE / 1000);
    const bufferTime = (SEGMENT_KB * 1024) / (RECORD / (SERVICE / 1000));
    const average = (pick: (travel: Travel) => number): number =>
      seen.reduce((sum, travel) => sum + pick(travel), 0) / seen.length;
    const where = `${SUBTASKS} x ${SUBTASKS} channels, segments of ${SEGMENT_KB} KiB, drain ${drain} records/s`;
    const expected = average((travel) => travel.inFlight) / drain;
    const row = { unit: "s", n: seen.length, seed: "1" };
    return [
      exactRow({
        ...row,
        setup: `${where}: in-flight records / drain rate`,
        expected,
        simulated: average((travel) => travel.mean),
        tolerance: 0.01 * expected,
      }),
      exactRow({
        ...row,
        setup: `${where}: longest mean over subtasks`,
        relation: "<=",
        expected: 2 * bufferTime * (SUBTASKS * EXCLUSIVE + FLOATING),
        simulated: Math.max(...seen.map((travel) => travel.mean)),
      }),
      exactRow({
        ...row,
        setup: `${where}: longest`,
        relation: "<=",
        expected: bufferTime * (SUBTASKS * (EXCLUSIVE + MOST_PER_CHANNEL) + FLOATING),
        simulated: Math.max(...seen.map((travel) => travel.longest)),
      }),
    ];
  },
};
