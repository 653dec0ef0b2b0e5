import job from "../../reference/rest/job-metrics-list.json" with { type: "json" };
import source from "../../reference/rest/vertex-0-metrics-list.json" with { type: "json" };
import sink from "../../reference/rest/vertex-1-metrics-list.json" with { type: "json" };
import { type Claim, defineClaim } from "../../src/experiment/index.ts";

const COUNTERS = ["records-lost", "records-duplicated"];
/** The names of all metrics that a Flink 2.1.1 job with a Kafka source and an exactly-once Kafka sink has. */
const METRICS = [...job, ...source, ...sink].map(({ id }) => id.replace(/^\d+\./, ""));

export const claim: Claim = defineClaim({
  number: "xx",
  advice: `Watch the counters ${COUNTERS.map((name) => `\`${name}\``).join(" and ")}`,
  judge: () => judgeCounters(METRICS),
  onYours: ["npx sluice run PIPELINE --fault 'kill taskmanager-1 at 30 s'"],
});

export function judgeCounters(metrics: readonly string[]): ReturnType<Claim["judge"]> {
  const names = [...new Set(metrics)];
  const plain = (name: string) => name.toLowerCase().replaceAll(/[^a-z]/g, "");
  const holders = (counter: string) => names.filter((name) => plain(name).includes(plain(counter)));
  const found = COUNTERS.map((counter) => holders(counter).length > 0);
  return {
    verdict: found.every(Boolean) ? "true" : found.some(Boolean) ? "depends" : "false",
    why:
      `of the ${names.length} metrics of a Flink 2.1.1 job with a Kafka source and an exactly-once Kafka sink, ` +
      `${found.filter(Boolean).length === 0 ? "none is" : `only ${found.filter(Boolean).length} of the two is`} called so or counts such a thing`,
    flips:
      "nothing in the job can know: who wants to count has to compare input and output by offset or key, as Sluice's readers do",
    table: {
      head: ["counter", "metrics that contain its name"],
      rows: COUNTERS.map((counter) => [`\`${counter}\``, holders(counter).join(", ") || "none"]),
    },
  };
}
