/** What one check found, and what it saw that is permitted. */
export interface Finding {
  readonly name: string;
  /** One sentence each; empty: it held. */
  readonly violations: readonly string[];
  /** What would be a violation, had nothing excused it: counted, one sentence each. */
  readonly permitted: readonly string[];
}

const MOST_REPORTED = 20;

/** Sentences, the first ones. */
export class Violations {
  readonly list: string[] = [];

  add(violation: () => string): void {
    if (this.list.length < MOST_REPORTED) this.list.push(violation());
  }
}

/** An instant or a duration for a sentence. */
export function seconds(ns: number): string {
  return `${Number((ns / 1e9).toFixed(6))} s`;
}
