import { scenario } from "../scenario.ts";
import { observeDeliveries } from "./delivery-times.ts";
import { exactRow, type Law, observations } from "./law.ts";

const SECOND = 1e9;
const COMMITTED = 0;
const PERIOD = 1000;
/** Creation to emission, and the reader's pickup, ms: as in L18. */
const TO_EMISSION = 0.1 + 0.05 + 0.05 + 0.1 + 0.02 + 0.001;
const PICKUP = 0.1 + 0.02;

/** One completed checkpoint and the records that its commits have shown. Times in ms. */
interface Epoch {
  /** Checkpoints that expired since the completed one before. */
  readonly misses: number;
  /** From emission until readable, the longest. */
  readonly longest: number;
  /** d', from the injection of its barrier to the last acknowledgement; c, from there until that record is readable. */
  readonly ackTime: number;
  readonly commitTime: number;
}

/** Uploads of a drawn duration, some of them longer than the time-out; expired checkpoints are tolerated. */
function run(seconds: number): { readonly epochs: readonly Epoch[]; readonly unseen: number } {
  const pipeline = scenario(
    `execution.checkpointing.interval=${PERIOD} ms`,
    "execution.checkpointing.timeout=150 ms",
    "execution.checkpointing.tolerable-failed-checkpoints=1000000",
    "jobs.job.operators.process.state=20 b/key",
    "execution.checkpointing.dir=s3://checkpoints/job",
    "storage.latency=80 ms",
    "storage.latency-p99=400 ms",
  );
  const loadEnd = seconds * SECOND;
  let injectedAt = 0;
  let triggeredAt = 0;
  let misses = 0;
  const completed: { ackAt: number; injectedAt: number; misses: number }[] = [];
  const injections = new Map<number, number>();
  const times = observeDeliveries(pipeline, {
    seed: "1",
    loadEnd,
    end: loadEnd + 60 * SECOND,
    observer: {
      checkpointTriggered: (_job, _checkpoint, at) => {
        triggeredAt = at;
      },
      snapshotStarted: (_job, subtask, checkpoint, startDelay) => {
        injectedAt = triggeredAt + startDelay;
        if (subtask < 2) injections.set(checkpoint, injectedAt);
      },
      checkpointCompleted: (_job, checkpoint, _triggeredAt, ackAt) => {
        completed.push({ ackAt, injectedAt: injections.get(checkpoint)!, misses });
        misses = 0;
      },
      checkpointAborted: () => {
        misses++;
      },
    },
  });
  const seen = completed.map(() => ({ longest: 0, readableAt: 0 }));
  let visible = 0;
  times.each(COMMITTED, 0, loadEnd, (created, delivered) => {
    let last = completed.length - 1;
    while (completed[last]!.ackAt > delivered) last--;
    visible++;
    // The committables of expired checkpoints are committed first, the oldest before the others.
    const epoch = seen[last]!;
    if (delivered - created <= epoch.longest) return;
    epoch.longest = delivered - created;
    epoch.readableAt = delivered;
  });
  const { lineage } = times;
  const created = Array.from({ length: lineage.originPartitions }, (_, p) =>
    lineage.originOf(p).total(lineage.localPartition(p)),
  ).reduce((sum, count) => sum + count, 0);
  const epochs = completed
    .map((one, i) => ({
      misses: one.misses,
      longest: seen[i]!.longest / 1e6 - TO_EMISSION - PICKUP,
      ackTime: (one.ackAt - one.injectedAt) / 1e6,
      commitTime: (seen[i]!.readableAt - one.ackAt) / 1e6 - PICKUP,
    }))
    // The first begins with the load, and the last may hold nothing.
    .slice(1, -1)
    .filter((epoch) => epoch.longest > 0);
  return { epochs, unseen: created - visible + times.repeats };
}

export const failedCheckpoint: Law = {
  id: "L20",
  name: "checkpoints that expire",
  statement:
    "each checkpoint that expires, and is tolerated, adds a period: after k misses records wait (k + 1) P + d' + c at most",
  source: "committables ride on the next completed checkpoint: CommitterOperator, KafkaCommitter",
  run: (effort) => {
    const { epochs, unseen } = run(observations(600, effort, 100));
    const byMisses = [0, 1, 2].map((misses) => epochs.filter((epoch) => epoch.misses === misses));
    const row = { seed: "1" };
    return [
      ...byMisses.map((group, misses) =>
        exactRow({
          ...row,
          setup: `P ${PERIOD} ms, ${misses} misses: longest wait less d' and c, mean over epochs`,
          expected: (misses + 1) * PERIOD,
          simulated:
            group.reduce((sum, one) => sum + one.longest - one.ackTime - one.commitTime, 0) / group.length,
          unit: "ms",
          // The first record behind a barrier comes up to 1 ms after it.
          tolerance: 1.5,
          n: group.length,
        }),
      ),
      exactRow({
        ...row,
        setup: "records lost or seen twice",
        expected: 0,
        simulated: unseen,
        unit: "records",
        n: epochs.length,
      }),
    ];
  },
};
