import { type Claim, defineClaim } from "../../src/experiment/index.ts";
import { explainKey, REPLACED_BACKENDS } from "../../src/pipeline/index.ts";

const BACKEND = "state.backend: filesystem";
const NAMES = ["state.checkpoints.async", BACKEND, "kafka.consumer.isolation-level", "FlinkKafkaProducer"];

/** What the tables of options and of replaced names say of it. */
function statusOf(name: string): { readonly status: string; readonly answer: string } {
  if (name === BACKEND && REPLACED_BACKENDS["filesystem"] !== undefined)
    return { status: "gone", answer: REPLACED_BACKENDS["filesystem"] };
  const found = explainKey(name.split(":")[0]!);
  if (found.kind === "key") return { status: "current", answer: name };
  if (found.kind === "replaced") return { status: found.status, answer: found.answer };
  return { status: "unknown", answer: found.suggestion ?? "nothing" };
}

const STATUS: Readonly<Record<string, string>> = {
  current: "current",
  alias: "an old name, still read",
  gone: "gone",
  never: "never existed",
};

export const claim: Claim = defineClaim({
  number: "xxi",
  advice: `The names to use are ${NAMES.map((name) => `\`${name}\``).join(", ")}`,
  judge: () => judgeNames(NAMES.map((name) => ({ name, ...statusOf(name) }))),
  onYours: NAMES.map((name) => `npx sluice explain ${name.split(":")[0]}`),
});

export function judgeNames(
  names: readonly { readonly name: string; readonly status: string; readonly answer: string }[],
): ReturnType<Claim["judge"]> {
  const current = names.filter(({ status }) => status === "current");
  return {
    verdict: current.length === names.length ? "true" : current.length === 0 ? "false" : "depends",
    why: `Flink 2.x and its Kafka connector know ${current.length === 0 ? "none" : current.length} of the ${names.length} names as current ones`,
    flips: "with the names of the last column",
    table: {
      head: ["name", "status", "write instead"],
      rows: names.map(({ name, status, answer }) => [`\`${name}\``, STATUS[status] ?? status, answer]),
    },
  };
}
