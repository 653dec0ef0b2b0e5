import { assemble } from "../../pipeline/index.ts";
import { scenario } from "../scenario.ts";
import { SILENT } from "../silent-observer.ts";
import { exactRow, type Law, type LawRow, observations } from "./law.ts";

const SECOND = 1e9;
const UNCOMMITTED = 1;

interface Load {
  /** us a record; the task never runs dry. */
  readonly service: number;
  /** ms. */
  readonly interval: number;
}

/** Records served in a whole number of periods, by one saturated task. */
function served(load: Load, guarantee: string, periods: number): number {
  const pipeline = scenario(
    "jobs.job.config.parallelism.default=1",
    "flink.taskmanagers=1",
    "kafka.topics.in.partitions=1",
    "kafka.topics.out.partitions=1",
    `producers.load.rate=${Math.round(1.5e6 / load.service)}/s`,
    "producers.load.record=800 B",
    `jobs.job.operators.process.service-time=${load.service} us`,
    `sink.delivery-guarantee=${guarantee}`,
    `execution.checkpointing.interval=${load.interval} ms`,
    // Few records under way: barriers are not held up for longer than an interval.
    "taskmanager.memory.segment-size=4 kb",
  );
  const from = 5 * SECOND;
  const until = from + periods * load.interval * 1e6;
  let count = 0;
  const world = assemble(
    pipeline,
    { seed: "1", loadEnd: until + SECOND, spans: "curves", polls: "lazy" },
    () => ({
      ...SILENT,
      delivered: (reader, _origin, _route, fromRank, toRank, first, last) => {
        if (reader !== UNCOMMITTED || last < from || first >= until) return;
        const size = toRank - fromRank;
        const spacing = size > 1 ? (last - first) / (size - 1) : 0;
        for (let k = 0; k < size; k++) {
          const at = first + k * spacing;
          if (at >= from && at < until) count++;
        }
      },
    }),
  );
  world.run(until + SECOND);
  return count;
}

/** What a transaction costs, ms: the loss against at-least-once, times the interval. */
function costOf(load: Load, effort: number): { readonly cost: number; readonly n: number } {
  const periods = observations(20_000 / load.interval, effort, 20);
  const without = served(load, "at-least-once", periods);
  const lost = without - served(load, "exactly-once", periods);
  return { cost: (lost * load.service) / 1000 / periods, n: periods };
}

const CALIBRATION: Load = { service: 100, interval: 200 };

export const transactionOverhead: Law = {
  id: "L27",
  name: "transaction overhead",
  statement: "throughput lost t / I, t a transaction whatever it holds",
  source: 'Confluent, "Transactions in Apache Kafka": cost per transaction, independent of its records',
  run: (effort) => {
    const t = costOf(CALIBRATION, effort).cost;
    return [
      { service: 100, interval: 50 },
      { service: 100, interval: 100 },
      { service: 100, interval: 1000 },
      { service: 1000, interval: 200 },
      { service: 50, interval: 100 },
    ].map((load): LawRow => {
      const { cost, n } = costOf(load, effort);
      const expected = t / load.interval;
      return exactRow({
        setup: `I ${load.interval} ms, ${1e6 / load.service} records/s, t ${t.toFixed(3)} ms from I ${CALIBRATION.interval} ms: share lost`,
        expected,
        simulated: cost / load.interval,
        unit: "",
        // One record more or less in either run.
        tolerance: 0.01 * expected + (2 * load.service) / 1000 / load.interval / n,
        n,
        seed: "1",
      });
    });
  },
};
