import { ConfigError, type Pipeline, resolvePipeline } from "../pipeline/index.ts";
import { faultsOf } from "./case-faults.ts";
import { FAILING_JOB, pipelineOf } from "./case-pipeline.ts";
import type { ReferenceCase } from "./reference-case.ts";

/** Where a case ran: an environment file and its text. */
export interface CasePlace {
  readonly path: string;
  readonly text: string;
  /** Figures that differ from the file's. */
  readonly overrides?: Readonly<Record<string, string>>;
}

export interface ResolvedCase {
  readonly pipeline: Pipeline;
  /** What is predicted otherwise than the case says, each on one line. */
  readonly notes: readonly string[];
}

type Options = Readonly<Record<string, string>>;

/** The pipeline of a case with its faults. Options that no pipeline can have (what belongs to Flink's processes has no effect
 *  in a job; a key that isn't known) are left out and noted.
 *  @throws ConfigError when the case can't be simulated whatever is left out. */
export function resolveCase(reference: ReferenceCase, place: CasePlace, sweepPhase?: number): ResolvedCase {
  const left: string[] = reference.unknown.map((path) => `${path} is not known: predicted without it`);
  let tried = reference;
  for (;;) {
    try {
      const { pipeline, warnings } = resolveWithFaults(tried, place, sweepPhase);
      return { pipeline, notes: [...left, ...warnings.map(({ message }) => message)] };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const refused = error.issues.filter(({ path }) => optionsOf(tried).some((key) => isOption(path, key)));
      if (refused.length === 0) throw error;
      left.push(...refused.map(({ message }) => `${message}; predicted without it`));
      tried = withoutOptions(tried, (key) => refused.some(({ path }) => isOption(path, key)));
    }
  }
}

function resolveWithFaults(reference: ReferenceCase, place: CasePlace, sweepPhase?: number) {
  const { path, text, overrides } = place;
  const input = pipelineOf(reference, { ...overrides, file: path }, sweepPhase);
  const resolved = (faults: readonly string[]) => resolvePipeline(input, reference.name, faults, () => text);
  const start = resolved([]).pipeline.environment.taskManagerStart;
  const faults = faultsOf(reference, FAILING_JOB, start);
  return resolved(faults.map((fault, i) => `faults.f${i + 1}=${fault}`));
}

function optionsOf({ input }: ReferenceCase): string[] {
  return [input.conf, input.cluster, input.chain?.conf ?? {}].flatMap((options) => Object.keys(options));
}

function isOption(path: string, key: string): boolean {
  return path.endsWith(`config.${key}`);
}

function withoutOptions(reference: ReferenceCase, isRefused: (key: string) => boolean): ReferenceCase {
  const kept = (options: Options): Options =>
    Object.fromEntries(Object.entries(options).filter(([key]) => !isRefused(key)));
  const { input } = reference;
  const chain = input.chain && { ...input.chain, ...(input.chain.conf && { conf: kept(input.chain.conf) }) };
  return {
    ...reference,
    input: { ...input, conf: kept(input.conf), cluster: kept(input.cluster), ...(chain && { chain }) },
  };
}
