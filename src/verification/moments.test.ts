import { expect, test } from "vitest";
import type { Moment } from "../faults/index.ts";
import { assemble, type PipelineObserver, parsePipeline } from "../pipeline/index.ts";
import { TWO_SUBTASKS } from "./faulted-runs.ts";
import { SILENT } from "./silent-observer.ts";

const SECOND = 1e9;

/** What a moment is told by, which of its arguments is the instant, and when it is the moment. */
interface Told {
  readonly by: keyof PipelineObserver;
  readonly at: number | undefined;
  readonly is?: (...args: readonly unknown[]) => boolean;
}

const MOMENTS: Readonly<Record<Moment, Told>> = {
  "checkpoint triggered": { by: "checkpointTriggered", at: 2 },
  "snapshot started": { by: "snapshotStarted", at: undefined },
  "snapshot acknowledged": { by: "checkpointAcknowledged", at: 5 },
  "checkpoint completed": { by: "checkpointCompleted", at: 4 },
  "pre-committed": { by: "preCommitted", at: 4 },
  "EndTxn sent": { by: "commitSent", at: 4 },
  "PrepareCommit written": { by: "transactionPrepared", at: 1 },
  "CompleteCommit written": { by: "transactionCompleted", at: 1 },
  "task failed": { by: "jobFailed", at: 3 },
  "job restarting": { by: "jobStatusChanged", at: 2, is: (_job, status) => status === "RESTARTING" },
  "task restored": { by: "jobRestored", at: 2 },
  "job running": { by: "allRunning", at: 1 },
};

/** What comes with every moment: "moment" when the models tell of it, for which instant; and the ends of TaskManagers. ns. */
function run(moment: Moment, words: string): readonly (readonly [what: string, at: number])[] {
  const { by, at, is = () => true } = MOMENTS[moment];
  const faults = [
    "faults.first=fail job at 2.3 s",
    `faults.second=kill taskmanager-1 when ${moment}${words}`,
  ];
  const { pipeline } = parsePipeline(TWO_SUBTASKS, "moments.yaml", faults);
  const told: (readonly [string, number])[] = [];
  const options = { seed: "1", loadEnd: 6 * SECOND, spans: "curves", polls: "lazy", phases: {} } as const;
  const world = assemble(pipeline, options, () => ({
    ...SILENT,
    taskManagerEnded: (_, now) => told.push(["TaskManager ended", now]),
    [by]: (...args: readonly unknown[]) => {
      if (is(...args)) told.push(["moment", at === undefined ? world.sim.now : (args[at] as number)]);
    },
  }));
  world.run(6 * SECOND);
  return told;
}

test.each(Object.keys(MOMENTS) as Moment[])("a fault strikes at the very instant of: %s", (moment) => {
  const told = run(moment, "");
  const first = told.find(([what]) => what === "moment")!;
  const end = told.find(([what]) => what === "TaskManager ended")!;
  expect(end[1]).toBe(Math.ceil(first[1]));
  // What is told of before is no later: the moment comes first, and its cause is not the fault.
  expect(told.indexOf(end)).toBeGreaterThan(told.indexOf(first));
});

test.each(["snapshot acknowledged", "pre-committed", "EndTxn sent", "PrepareCommit written"] as const)(
  "and so it does, plus a while, when it comes for the third time: %s",
  (moment) => {
    const told = run(moment, " 3rd time plus 7 ms");
    const third = told.filter(([what]) => what === "moment")[2]!;
    const end = told.find(([what]) => what === "TaskManager ended")!;
    expect(end[1]).toBe(Math.ceil(third[1]) + 7e6);
  },
);

test("the log of a task that throws at 2.3 s", () => {
  const moments = ["task failed", "job restarting", "task restored", "job running"] as const;
  const log = moments.map((moment) => [moment, run(moment, "")[0]![1] / 1e6]);
  expect(log).toEqual([
    // Its transaction is aborted in 0.32 ms, and the JobMaster told in 2 ms; it waits for a second.
    ["task failed", 2302.32],
    ["job restarting", 2302.32],
    ["task restored", 3302.32],
    // Deployed in 0.3 s; two new producers look for the coordinators of their ids, with a back-off of 0.1 s each.
    ["job running", 3808.41],
  ]);
});
