import { meanWithConfidence } from "../../stats/index.ts";
import { scenario } from "../scenario.ts";
import { observeDeliveries } from "./delivery-times.ts";
import { CONFIDENCE, estimatedRow, type Law, observations } from "./law.ts";

const COMMITTED = 0;
const UNCOMMITTED = 1;
const PERIOD = 1000;
const WRITERS = 8;
/** From a transaction's first record until it is read: AddPartitionsToTxn, the produce request, the reader's fetch, ms. */
const TO_READ = 0.32 + 0.1 + 0.05 + 0.05 + 0.1 + 0.02;

/** One run of eight writers on one partition; all figures are means, ms. */
interface SharedPartition {
  /** From a record's append until it is readable to read_committed. */
  readonly wait: number;
  /** What it would be behind its own writer's transactions alone: P/2, and from that writer's switch to the last commit. */
  readonly alone: number;
  /** From the first writer's switch to a writer's own. */
  readonly skew: number;
}

/** Random service makes each barrier wait a different time in its task's queue; records are flushed one by one, so that a
 *  barrier carries no burst before it and leaves no gap behind it. */
function pipelineOf() {
  return scenario(
    `jobs.job.config.parallelism.default=${WRITERS}`,
    `flink.taskmanagers=${WRITERS}`,
    `kafka.topics.in.partitions=${WRITERS}`,
    "kafka.topics.out.partitions=1",
    "producers.load.rate=4001/s",
    "jobs.job.operators.process.service-time=exponential 1.9 ms",
    "execution.buffer-timeout.interval=0 ms",
    `execution.checkpointing.interval=${PERIOD} ms`,
  );
}

function measure(seed: string, epochs: number): SharedPartition {
  const from = 4 * PERIOD * 1e6;
  const until = from + epochs * PERIOD * 1e6;
  const loadEnd = until + 3 * PERIOD * 1e6;
  /** Per epoch, in the order of the commits: when its writers' transactions began. */
  const begun: number[][] = [[]];
  const times = observeDeliveries(pipelineOf(), {
    seed,
    loadEnd,
    end: loadEnd + 3 * PERIOD * 1e6,
    observer: {
      transactionBegan: (_transaction, _writer, at) => {
        if (begun.at(-1)!.length === WRITERS) begun.push([]);
        begun.at(-1)!.push(at + TO_READ * 1e6);
      },
    },
  });
  let wait = 0;
  let records = 0;
  const committedAt = new Set<number>();
  times.each(COMMITTED, 0, loadEnd, (created, committed, origin, offset) => {
    committedAt.add(committed);
    if (created < from || created >= until) return;
    wait += committed - times.at(UNCOMMITTED, origin, offset);
    records++;
  });
  const commits = [...committedAt].sort((a, b) => a - b);
  let skew = 0;
  let alone = 0;
  let switches = 0;
  for (let epoch = 1; epoch + 1 < begun.length; epoch++) {
    const first = Math.min(...begun[epoch]!);
    if (first < from || first >= until) continue;
    // The epoch before is committed after the switch and before the next one.
    const next = Math.min(...begun[epoch + 1]!);
    const end = commits.findLast((at) => at < next)!;
    for (const at of begun[epoch]!) {
      skew += at - first;
      alone += end - at;
      switches++;
    }
  }
  const mean = (sum: number, n: number): number => sum / n / 1e6;
  return {
    wait: mean(wait, records),
    alone: PERIOD / 2 + mean(alone, switches),
    skew: mean(skew, switches),
  };
}

export const sharedPartition: Law = {
  id: "L21",
  name: "last stable offset of a shared partition",
  statement:
    "a record waits for the switch of the first of all writers: mean P/2 + c behind it, so E[own switch - first switch] longer, which is a (P-1)/(2(P+1)) for P switches in U(0, a)",
  source:
    "ExactlyOnceKafkaWriter opens its next transaction before the last one is committed; LSO is the first open one",
  run: (effort) => {
    const seeds = Array.from({ length: observations(10, effort, 4) }, (_, i) => `shared ${i + 1}`);
    const runs = seeds.map((seed) => measure(seed, 12));
    const row = { unit: "ms", n: runs.length, seed: `shared 1 to ${runs.length}` };
    const average = (pick: (run: SharedPartition) => number) =>
      meanWithConfidence(runs.map(pick), CONFIDENCE);
    const alone = average((run) => run.alone).mean;
    const skew = average((run) => run.skew).mean;
    // Each run against its own switches and commits: what differs between runs cancels.
    const extra = average((run) => run.wait - run.alone - run.skew);
    const where = `${WRITERS} writers, one partition, P ${PERIOD} ms, mean switch ${skew.toFixed(1)} ms behind the first`;
    return [
      estimatedRow(
        effort,
        { ...row, setup: `${where}: append to readable`, expected: alone + skew },
        { ...extra, mean: alone + skew + extra.mean },
        0.01,
      ),
      estimatedRow(
        effort,
        { ...row, setup: `${where}: longer than alone`, expected: skew },
        { ...extra, mean: skew + extra.mean },
        0.15,
      ),
    ];
  },
};
