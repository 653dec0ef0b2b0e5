import { duplicatesAndLosses, known } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

export const experiment = defineExperiment({
  question: "Idempotent producer or transactions: what does a reader see again after a crash?",
  pipeline: "../pipelines/orders.yaml",
  set: { "faults.crash": "kill taskmanager-1 when checkpoint triggered of checkpoint 4 plus 7 s" },
  factors: {
    guarantee: { key: "sink.delivery-guarantee", values: ["none", "at-least-once", "exactly-once"] },
  },
  repetitions: 5,
  duration: "90 s",
  metrics: ["records_duplicated", "records_lost", "restored_checkpoint_age_ms", "recovery_ms"],
  charts: [
    duplicatesAndLosses({
      by: ["guarantee", "isolationLevel"],
      shown:
        "a TaskManager is killed 7 s after a checkpoint was triggered, 10,000 records/s. All producers are idempotent, but a restored one is new to the brokers: what it sends again is no repeat to them",
      finding: (results) => {
        const again = (guarantee: string, isolationLevel: string) =>
          known(results, { guarantee, isolationLevel }, "records_duplicated");
        return (
          `Behind transactions read_committed sees ${again("exactly-once", "read_committed")} records again, ` +
          `behind an idempotent producer alone ${again("at-least-once", "read_committed")}; ` +
          `read_uncommitted sees ${again("exactly-once", "read_uncommitted")} even behind transactions`
        );
      },
    }),
  ],
});
