import { environmentFigures } from "../pipeline/index.ts";
import type { ReferenceCase } from "./reference-case.ts";
import { type CaseSettings, simulateCase } from "./simulate-case.ts";

/** What a constant of the environment moves, % of the outcome with its own value; null: nothing to compare with. */
export interface Shift {
  readonly committedP99: number | null;
  readonly uncommittedP99: number | null;
  /** From the fault until every task runs, with heartbeats every 10 s and in the quick case. */
  readonly recovery: number | null;
  readonly quickRecovery: number | null;
  /** Of read_uncommitted readers. */
  readonly duplicates: number | null;
}

export const SHIFTS = ["committedP99", "uncommittedP99", "recovery", "quickRecovery", "duplicates"] as const;
type Outcome = Readonly<Record<(typeof SHIFTS)[number], number | undefined>>;

export interface Sensitivity {
  readonly key: string;
  readonly value: string;
  readonly source: string;
  readonly less: Shift;
  readonly more: Shift;
}

/** A fifth less and a fifth more. */
const FACTORS = [0.8, 1.2] as const;
/** No constants: a place that something is at, and how old it is. */
const NO_CONSTANTS = ["cluster.age"];

/** Simulates a pipeline that loses a TaskManager with each constant of its environment 20 % less and 20 % more.
 *  @param crash the pipeline and its fault. @param quick the same where the loss is noticed soon.
 *  @param keys the constants; default: all that the environment has. */
export function sensitivities(
  crash: ReferenceCase,
  quick: ReferenceCase,
  settings: CaseSettings,
  keys?: readonly string[],
): Sensitivity[] {
  const outcome = (overrides: Readonly<Record<string, string>>): Outcome => {
    const environment = { ...settings.environment, overrides };
    const run = simulateCase(crash, { ...settings, environment });
    const other = simulateCase(quick, { ...settings, environment });
    return {
      committedP99: run.isolations.read_committed.latency?.quantile(0.99),
      uncommittedP99: run.isolations.read_uncommitted.latency?.quantile(0.99),
      recovery: run.recovery?.allRunningAfter,
      quickRecovery: other.recovery?.allRunningAfter,
      duplicates: run.isolations.read_uncommitted.duplicates,
    };
  };
  const base = outcome({});
  const { text, path } = settings.environment;
  return Object.entries(environmentFigures(text, path)).flatMap(([key, { value, source }]) => {
    if (NO_CONSTANTS.includes(key) || keys?.includes(key) === false) return [];
    const [less, more] = FACTORS.map((factor) => {
      const changed = scaled(value, factor);
      return changed === undefined ? undefined : shiftOf(base, outcome({ [key]: changed }));
    });
    return less === undefined || more === undefined ? [] : [{ key, value, source, less, more }];
  });
}

/** The largest change of any outcome, %, less or more. */
export function largestShift({ less, more }: Sensitivity): number {
  const all = [less, more].flatMap((shift) => SHIFTS.map((name) => Math.abs(shift[name] ?? 0)));
  return Math.max(...all);
}

/** A number with its unit times a factor; undefined: it is none. */
function scaled(value: string, factor: number): string | undefined {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)(.*)$/.exec(value) ?? [];
  return amount === undefined ? undefined : `${Number((Number(amount) * factor).toPrecision(9))}${unit}`;
}

function shiftOf(base: Outcome, changed: Outcome): Shift {
  const percent = (name: (typeof SHIFTS)[number]): number | null => {
    const before = base[name];
    const after = changed[name];
    return before === undefined || after === undefined || before === 0
      ? null
      : ((after - before) / before) * 100;
  };
  return {
    committedP99: percent("committedP99"),
    uncommittedP99: percent("uncommittedP99"),
    recovery: percent("recovery"),
    quickRecovery: percent("quickRecovery"),
    duplicates: percent("duplicates"),
  };
}
