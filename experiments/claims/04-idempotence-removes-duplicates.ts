import { barChart, verdictOf } from "../../src/charts/index.ts";
import { type Claim, defineClaim, defineExperiment } from "../../src/experiment/index.ts";

const RATE = 10_000;
const LOST = "answer lost";
const DEATH = "TaskManager killed";
const SINK = "at-least-once";
const PLAIN = "at-least-once, not idempotent";
const BY_KEY = "at-least-once, reader drops by key";
const ONCE = "exactly-once";
const at = (fault: string, sink: string) => ({ reader: "billing", fault, sink });

export const claim: Claim = defineClaim({
  number: "iv",
  advice:
    "An idempotent producer and a fixed transactional id make duplicates harmless, so that an at-least-once sink is enough",
  judge: ({ mean, text }) => {
    const again = (fault: string, sink: string) => mean(at(fault, sink), "records_duplicated");
    const seen = (fault: string, sink: string) => text(at(fault, sink), "records_duplicated");
    const age = at(DEATH, SINK);
    const share = again(DEATH, SINK) / ((RATE / 1000) * mean(age, "restored_checkpoint_age_ms"));
    return {
      verdict: share < 0.01 ? "true" : share < 0.5 ? "depends" : "false",
      why:
        `idempotence is for an answer that is lost: ${seen(LOST, SINK)} records seen again with it, ${seen(LOST, PLAIN)} without; ` +
        `after a TaskManager's death ${seen(DEATH, SINK)} with it and ${seen(DEATH, PLAIN)} without, ` +
        `all of the ${text(age, "restored_checkpoint_age_ms")} since the restored checkpoint, for the restarted sink is a new session`,
      flips:
        again(DEATH, ONCE) > 0
          ? "at no setting tried"
          : `sink.delivery-guarantee: exactly-once with a read_committed reader, which sees none again` +
            (again(DEATH, BY_KEY) > 0
              ? ""
              : "; or a reader that drops by key what it has had (deduplicate: by-key)"),
    };
  },
  onYours: [
    "npx sluice run PIPELINE --each-guarantee --fault 'kill taskmanager-1 at 30 s' --for '2 min'",
    "npx sluice run PIPELINE --fault 'drop Produce response at 30 s' --for '2 min'",
  ],
});

export const experiment = defineExperiment({
  question: "Do an idempotent producer and a fixed transactional id make duplicates harmless?",
  pipeline: "../../pipelines/orders.yaml",
  set: { "environment.taskmanager.start": "5 s" },
  factors: {
    fault: {
      levels: {
        [LOST]: { "faults.it": "drop Produce response of enrich at 20 s" },
        [DEATH]: { "faults.it": "kill taskmanager-1 when checkpoint triggered of checkpoint 2 plus 7 s" },
      },
    },
    sink: {
      levels: {
        [SINK]: { "sink.delivery-guarantee": "at-least-once" },
        [PLAIN]: {
          "sink.delivery-guarantee": "at-least-once",
          "jobs.enrich.sinks[0].properties.enable.idempotence": "false",
        },
        [BY_KEY]: { "sink.delivery-guarantee": "at-least-once", "readers.billing.deduplicate": "by-key" },
        [ONCE]: { "sink.delivery-guarantee": "exactly-once" },
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
      by: ["fault", "sink"],
      metrics: [{ metric: "records_duplicated", title: "records seen again" }],
      title: "records that the read_committed reader sees again",
      shown:
        "10,000 records/s; the answer to one Produce request is lost, or a TaskManager is killed 7 s after a checkpoint was triggered",
      finding: (results) => verdictOf(claim, results),
    }),
  ],
});
