import { assemble } from "../../pipeline/index.ts";
import { scenario } from "../scenario.ts";
import { SILENT } from "../silent-observer.ts";
import { SECOND } from "./figures.ts";
import type { PublishedRow } from "./published-row.ts";

const UNCOMMITTED = 1;
/** s until the task is saturated. */
const WARM_UP = 5;

/** Records/s of one saturated task of 10,000/s: 15,000/s come in. */
function throughput(seconds: number, ...assignments: readonly string[]): number {
  const pipeline = scenario(
    "jobs.job.config.parallelism.default=1",
    "flink.taskmanagers=1",
    "kafka.topics.in.partitions=1",
    "kafka.topics.out.partitions=1",
    "producers.load.rate=15000/s",
    "jobs.job.operators.process.service-time=100 us",
    // Few records under way: barriers are not held up for longer than an interval.
    "taskmanager.memory.segment-size=4 kb",
    "producers.load.record=800 B",
    ...assignments,
  );
  const [from, until] = [WARM_UP * SECOND, (WARM_UP + seconds) * SECOND];
  let records = 0;
  const world = assemble(pipeline, { seed: "1", loadEnd: until, spans: "curves", polls: "lazy" }, () => ({
    ...SILENT,
    delivered: (reader, _origin, _route, first, end, beginsAt, endsAt) => {
      if (reader !== UNCOMMITTED || endsAt <= from || beginsAt >= until) return;
      const inside = Math.min(endsAt, until) - Math.max(beginsAt, from);
      records += (end - first) * (endsAt > beginsAt ? inside / (endsAt - beginsAt) : 1);
    },
  }));
  world.run(until);
  return records / seconds;
}

/** V14: what a commit cycle costs, 15 to 30 ms, is read off the loss at 100 ms; the loss at 30 s then follows. */
export function commitCycleRows(effort: number): PublishedRow[] {
  const seconds = 60 + 60 * effort;
  const never = throughput(
    seconds,
    "sink.delivery-guarantee=at-least-once",
    "execution.checkpointing.interval=1 h",
  );
  const loss = (interval: string, cost: number): number =>
    1 -
    throughput(
      seconds,
      "sink.delivery-guarantee=at-least-once",
      `execution.checkpointing.interval=${interval}`,
      `environment.snapshot.sync=${cost} ms`,
    ) /
      never;
  const row = {
    id: "V14",
    unit: "%",
    grade: "B",
    source: "Kafka Streams exactly-once, commit.interval.ms 100 ms and 30 s",
  } as const;
  return [15, 30].map((cost) => ({
    ...row,
    figure: "throughput lost at 30 s (“none”)",
    inputs: `a commit cycle of ${cost} ms: ${(100 * loss("100 ms", cost)).toFixed(1)} % lost at 100 ms (published ${cost} %)`,
    published: 0,
    accepted: [-1, 1],
    simulated: 100 * loss("30 s", cost),
  }));
}

/** V28: a checkpoint with each barrier, one a second, or with each tenth. */
export function checkpointFrequencyRows(effort: number): PublishedRow[] {
  const seconds = 40 + 80 * effort;
  const [every, tenth] = ["1 s", "10 s"].map((interval) =>
    throughput(seconds, `execution.checkpointing.interval=${interval}`),
  );
  return [
    {
      id: "V28",
      figure: "throughput, interval 1 s against 10 s (“no difference”)",
      inputs: "a saturated task whose checkpoints are short beside the interval",
      published: 0,
      accepted: [-3, 3],
      unit: "%",
      simulated: 100 * (every! / tenth! - 1),
      grade: "B",
      source: "risingwave PR #10745",
    },
  ];
}
