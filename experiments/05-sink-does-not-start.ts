import { outcomeMatrix } from "../src/charts/index.ts";
import { defineExperiment } from "../src/experiment/index.ts";

const DEFAULT = { timeout: 3_600_000, most: 900_000 };

export const experiment = defineExperiment({
  question: "Why does my exactly-once sink not start?",
  pipeline: "../pipelines/orders.yaml",
  set: { "sink.delivery-guarantee": "exactly-once" },
  factors: {
    timeout: { key: "properties.transaction.timeout.ms", values: ["1 min", "10 min", "15 min", "1 h"] },
    most: { key: "transaction.max.timeout.ms", values: ["5 min", "15 min", "1 h"] },
  },
  expected: ["bad config"],
  repetitions: 1,
  duration: "30 s",
  metrics: ["records_visible"],
  charts: [
    outcomeMatrix({
      name: "starts",
      where: { reader: "billing" },
      x: { factor: "timeout", title: "transaction.timeout.ms of the sink (default 1 h)" },
      y: { factor: "most", title: "transaction.max.timeout.ms of the brokers (default 15 min)" },
      ran: () => ({ text: "starts", isFine: true }),
      refused: () => ({ text: "refused", isFine: false }),
      shown:
        "each cell a pipeline with these two settings: InitProducerId is refused where the sink asks for more than the brokers allow",
      finding: ({ failures }) => {
        const isDefault = ({ factors }: (typeof failures)[number]): boolean =>
          factors["timeout"] === DEFAULT.timeout && factors["most"] === DEFAULT.most;
        return failures.some(isDefault)
          ? "Its transaction time-out is above what the brokers allow: with the defaults of both, 1 h and 15 min, it doesn't start"
          : "With the defaults of both, 1 h and 15 min, it starts";
      },
    }),
  ],
});
