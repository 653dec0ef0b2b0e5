import type { EnvironmentPreset } from "./environment-preset.ts";
import { kubernetesS3 } from "./kubernetes-s3.ts";

const GUARANTEES =
  "docs.confluent.io/cloud/current/flink/concepts/delivery-guarantees: exactly-once end to end, transactions committed about every minute";

export const confluentCloud: EnvironmentPreset = {
  name: "confluent-cloud",
  describes: "Confluent Cloud for Apache Flink, as far as its public pages tell.",
  // Nothing physical is published; a managed service in the same clouds is taken to stand on the same ground.
  figures: kubernetesS3.figures,
  options: {
    "execution.checkpointing.interval": ["60 s", GUARANTEES],
    "execution.checkpointing.dir": [
      "s3://managed/checkpoints",
      "estimate: state in an object store; where, is the service's business",
    ],
    "sink.delivery-guarantee": ["exactly-once", GUARANTEES],
    "properties.transaction.timeout.ms": [
      "900000",
      "estimate: the most that brokers with their defaults accept (transaction.max.timeout.ms); not published",
    ],
    "properties.isolation.level": [
      "read_committed",
      "the same page: Flink reads committed messages only by default",
    ],
  },
};
