import { barChart, formatCount, formatMs, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const BUSY = "aligned, 95 % busy";
const at = (mode: string) => ({ reader: "fraud", mode });

export const claim: Claim = defineClaim({
  number: "vii",
  advice: "Barriers are aligned before any further record is processed",
  judge: ({ mean }) => {
    const passed = (mode: string) => mean(at(mode), "alignment_processed_max_bytes");
    const waited = (mode: string) => mean(at(mode), "alignment_max_ms");
    const kb = formatCount(passed(BUSY) / 1000);
    return {
      verdict: passed(BUSY) === 0 ? "true" : "false",
      why:
        `while the barriers of one checkpoint were aligned, for ${formatMs(waited(BUSY))} at most, its tasks processed up to ${kb} kB ` +
        "of further records: only a channel that has delivered its barrier waits, the others flow until theirs",
      flips:
        `unaligned checkpoints don't even hold those channels (alignment ${formatMs(waited("unaligned, 95 % busy"))}); ` +
        `nor is there anything to align for a task with one channel (${formatMs(waited("one channel"))})`,
    };
  },
  onYours: [
    "npx sluice run PIPELINE --json",
    "npx sluice run PIPELINE --set execution.checkpointing.unaligned.enabled=true",
  ],
});

const busy = { "jobs.enrich.operators.join.service-time": "0.38 ms" };

export const experiment = defineExperiment({
  question: "Are barriers aligned before any further record is processed?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "producers.shop.skew": "cycle", "execution.checkpointing.interval": "2 s" },
  factors: {
    mode: {
      levels: {
        "aligned, half busy": {},
        [BUSY]: busy,
        "unaligned, 95 % busy": { ...busy, "execution.checkpointing.unaligned.enabled": "true" },
        "one channel": { "parallelism.default": 1, "producers.shop.rate": "2500/s" },
      },
    },
  },
  repetitions: 3,
  duration: "1 min",
  metrics: ["alignment_mean_ms", "alignment_max_ms", "alignment_processed_max_bytes"],
  charts: [
    barChart({
      name: "processed",
      where: { reader: "fraud" },
      by: "mode",
      metrics: [{ metric: "alignment_processed_max_bytes", title: "bytes processed during alignment" }],
      title: "bytes that one checkpoint's tasks processed during its alignment, at most",
      shown: "four join tasks with four channels each, a checkpoint every 2 s",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
