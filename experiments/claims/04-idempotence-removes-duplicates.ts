import { barChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const RATE = 10_000;
const BY_KEY = "at-least-once, the reader drops by key";
const at = (sink: string) => ({ reader: "billing", sink });

export const claim: Claim = defineClaim({
  number: "iv",
  advice:
    "An idempotent producer and a fixed transactional id make duplicates harmless, so that an at-least-once sink is enough",
  judge: ({ mean, text }) => {
    const again = (sink: string) => mean(at(sink), "records_duplicated");
    const share =
      again("at-least-once") / ((RATE / 1000) * mean(at("at-least-once"), "restored_checkpoint_age_ms"));
    const seen = text(at("at-least-once"), "records_duplicated");
    const age = text(at("at-least-once"), "restored_checkpoint_age_ms");
    return {
      verdict: share < 0.01 ? "true" : share < 0.5 ? "depends" : "false",
      why:
        `after a TaskManager's death the reader sees ${seen} records again, all of the ${age} since the restored checkpoint: ` +
        `idempotence drops a session's own repeats, and the restarted sink is a new one`,
      flips:
        again("exactly-once") > 0
          ? "at no setting tried"
          : `sink.delivery-guarantee: exactly-once with a read_committed reader, which sees none again` +
            (again(BY_KEY) > 0
              ? ""
              : "; or a reader that drops by key what it has had (deduplicate: by-key)"),
    };
  },
  onYours: ["npx sluice run PIPELINE --each-guarantee --fault 'kill taskmanager-1 at 30 s' --for '2 min'"],
});

export const experiment = defineExperiment({
  question: "Do an idempotent producer and a fixed transactional id make duplicates harmless?",
  pipeline: "../../pipelines/orders.yaml",
  set: {
    "faults.crash": "kill taskmanager-1 when checkpoint triggered of checkpoint 2 plus 7 s",
    "environment.taskmanager.start": "5 s",
  },
  factors: {
    sink: {
      levels: {
        "at-least-once": { "sink.delivery-guarantee": "at-least-once" },
        [BY_KEY]: { "sink.delivery-guarantee": "at-least-once", "readers.billing.deduplicate": "by-key" },
        "exactly-once": { "sink.delivery-guarantee": "exactly-once" },
      },
    },
  },
  repetitions: 3,
  duration: "45 s",
  metrics: ["records_duplicated", "records_lost", "restored_checkpoint_age_ms"],
  charts: [
    barChart({
      name: "seen-again",
      where: { reader: "billing" },
      by: "sink",
      metrics: [{ metric: "records_duplicated", title: "records seen again" }],
      title: "records that the read_committed reader sees again",
      shown:
        "10,000 records/s; a TaskManager is killed 7 s after a checkpoint was triggered; every producer is idempotent",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
