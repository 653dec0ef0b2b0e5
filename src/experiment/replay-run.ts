import type { Pipeline } from "../pipeline/index.ts";
import { runPipeline } from "./run-pipeline.ts";
import type { RunResult } from "./run-result.ts";

/** A run as its file holds it. */
export interface StoredRun {
  readonly pipeline: string;
  readonly seed: string;
  readonly simulatedSeconds: number;
  readonly spans: "curves" | "one-record";
  readonly polls: "lazy" | "eager";
  readonly outcomeFingerprint: string;
  /** The result, as JSON gave it. */
  readonly result: Readonly<Record<string, unknown>>;
}

/** The first outcome that two runs don't share; values as JSON, undefined: it isn't there. */
export interface Difference {
  /** Such as `readers[0].recordsVisible`. */
  readonly path: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

const SECOND = 1e9;
/** What its file says of a run that is no outcome of it, or of others beside it. */
const REMARKS = new Set(["grounds", "repetitions"]);
/** What tells first what went another way: what happened, in the order of time, then what came of it. */
const TOLD_FIRST = ["recovery", "checkpoints", "transactions", "readers", "checks"];

/** The runs in a parsed `run.json`; undefined: it is none. */
export function storedRuns(json: unknown): readonly StoredRun[] | undefined {
  const runs = isRecord(json) && Array.isArray(json["runs"]) ? json["runs"] : [json];
  const stored = runs.map(storedRun);
  return stored.length > 0 && stored.every((one) => one !== undefined) ? stored : undefined;
}

function storedRun(json: unknown): StoredRun | undefined {
  if (!isRecord(json) || !isRecord(json["config"])) return undefined;
  const { pipeline, seed, simulatedSeconds, spans, polls, outcomeFingerprint } = json;
  if (typeof pipeline !== "string" || typeof seed !== "string" || typeof outcomeFingerprint !== "string")
    return undefined;
  if (typeof simulatedSeconds !== "number") return undefined;
  if (spans !== "curves" && spans !== "one-record") return undefined;
  if (polls !== "lazy" && polls !== "eager") return undefined;
  const result = Object.fromEntries(Object.entries(json).filter(([key]) => !REMARKS.has(key)));
  return { pipeline, seed, simulatedSeconds, spans, polls, outcomeFingerprint, result };
}

/** Runs again what `run` was made from. @returns the result, and where it is another one than the stored; undefined: nowhere. */
export function replayRun(run: StoredRun): {
  readonly result: RunResult;
  readonly difference: Difference | undefined;
} {
  const { seed, spans, polls, simulatedSeconds } = run;
  const result = runPipeline(storedPipeline(run), {
    seed,
    spans,
    polls,
    duration: Math.round(simulatedSeconds * SECOND),
  });
  const again: unknown = JSON.parse(JSON.stringify(result));
  return { result, difference: firstDifference(run.result, again as StoredRun["result"]) };
}

/** JSON has no infinity and writes null; a resolved pipeline has no null. */
function storedPipeline({ result }: StoredRun): Pipeline {
  const text = JSON.stringify(result["config"]);
  // It was a Pipeline when it was written.
  return JSON.parse(text, (_, value: unknown) =>
    value === null ? Number.POSITIVE_INFINITY : value,
  ) as Pipeline;
}

function firstDifference(was: StoredRun["result"], is: StoredRun["result"]): Difference | undefined {
  const keys = [...TOLD_FIRST, ...Object.keys(was), ...Object.keys(is)];
  for (const key of new Set(keys)) {
    const difference = compare(was[key], is[key], key);
    if (difference !== undefined) return difference;
  }
  return undefined;
}

function compare(was: unknown, is: unknown, path: string): Difference | undefined {
  const wasText = JSON.stringify(was);
  const isText = JSON.stringify(is);
  if (wasText === isText) return undefined;
  if (Array.isArray(was) && Array.isArray(is)) {
    for (let i = 0; i < Math.max(was.length, is.length); i++) {
      const difference = compare(was[i], is[i], `${path}[${i}]`);
      if (difference !== undefined) return difference;
    }
  } else if (isRecord(was) && isRecord(is)) {
    for (const key of new Set([...Object.keys(was), ...Object.keys(is)])) {
      const difference = compare(was[key], is[key], `${path}.${key}`);
      if (difference !== undefined) return difference;
    }
  }
  return { path, was: wasText, is: isText };
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
