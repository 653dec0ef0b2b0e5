import { barChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const at = (isolationLevel: string, guarantee = "exactly-once") => ({
  reader: isolationLevel === "read_committed" ? "billing" : "fraud",
  guarantee,
});

export const claim: Claim = defineClaim({
  number: "xiii",
  advice: "read_committed keeps a consumer from processing uncommitted records that are discarded later",
  judge: ({ mean, text }) => {
    const again = (level: string, guarantee?: string) => mean(at(level, guarantee), "records_duplicated");
    const [committed, uncommitted] = [again("read_committed"), again("read_uncommitted")];
    const plain = text(at("read_committed", "at-least-once"), "records_duplicated");
    return {
      verdict:
        uncommitted > 0 && committed === 0 ? "true" : committed < 0.1 * uncommitted ? "depends" : "false",
      why:
        `after a crash read_uncommitted has processed ${text(at("read_uncommitted"), "records_duplicated")} records that were aborted and sent again, ` +
        `read_committed ${text(at("read_committed"), "records_duplicated")}; it pays with a p99 of ${text(at("read_committed"), "latency_p99_ms")}`,
      flips: `only behind transactions: of an at-least-once sink read_committed sees ${plain} records again as well`,
    };
  },
  onYours: ["npx sluice run PIPELINE --each-guarantee --fault 'kill taskmanager-1 at 30 s' --for '2 min'"],
});

export const experiment = defineExperiment({
  question: "Does read_committed keep a consumer from records that are discarded later?",
  pipeline: "../../pipelines/orders.yaml",
  set: {
    "faults.crash": "kill taskmanager-1 when checkpoint triggered of checkpoint 2 plus 7 s",
    "environment.taskmanager.start": "5 s",
  },
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["exactly-once", "at-least-once"] },
  },
  repetitions: 3,
  duration: "90 s",
  metrics: ["records_duplicated", "records_lost", "latency_p99_ms"],
  charts: [
    barChart({
      name: "discarded",
      by: ["guarantee", "isolationLevel"],
      metrics: [{ metric: "records_duplicated", title: "records seen again" }],
      title: "records that a reader sees again",
      shown: "a TaskManager is killed 7 s after a checkpoint was triggered, 10,000 records/s, interval 10 s",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
