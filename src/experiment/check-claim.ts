import type { Claim } from "./claim.ts";
import { ExperimentError } from "./experiment-error.ts";

/** What a module exported as `claim`, if it can be used.
 *  @throws ExperimentError with the first thing that can't. */
export function checkClaim(value: unknown): Claim {
  if (typeof value !== "object" || value === null) {
    throw new ExperimentError("claim", `got ${value === undefined ? "nothing" : typeof value}`, "an object");
  }
  const claim: Readonly<Record<string, unknown>> = { ...value };
  const { number, advice, judge, onYours } = claim;
  if (typeof number !== "string" || !/^[ivxlc]+$/.test(number)) {
    throw new ExperimentError("claim.number", `got ${JSON.stringify(number)}`, 'a Roman number such as "iv"');
  }
  if (typeof advice !== "string" || advice.trim() === "") {
    throw new ExperimentError("claim.advice", `got ${JSON.stringify(advice)}`, "text");
  }
  if (typeof judge !== "function") {
    throw new ExperimentError("claim.judge", `got ${JSON.stringify(judge)}`, "a function");
  }
  if (!Array.isArray(onYours) || onYours.some((command) => typeof command !== "string")) {
    throw new ExperimentError("claim.onYours", `got ${JSON.stringify(onYours)}`, "a list of commands");
  }
  // Every field has been looked at.
  return value as Claim;
}
