import { IntervalLedger } from "./interval-ledger.ts";

/** How often each of the integers 0, 1, 2, … was seen, exactly: level n holds, as disjoint intervals, those that were seen at
 *  least n times. What comes in order costs one comparison and allocates nothing. */
export class Sightings {
  readonly #levels: IntervalLedger[];

  constructor(levels: readonly IntervalLedger[] = []) {
    this.#levels = levels.length > 0 ? [...levels] : [new IntervalLedger()];
  }

  /** Distinct integers seen. */
  get seen(): number {
    return this.#levels[0]!.seen;
  }

  /** Sightings after the first of each. */
  get repeats(): number {
    return this.#levels[0]!.repeats;
  }

  /** Behind the largest integer seen; 0: none was. */
  get end(): number {
    return this.#levels[0]!.end;
  }

  /** Notes one sighting of each integer in [from, to). @returns how many of them were seen before. */
  add(from: number, to: number): number {
    return this.#addTo(0, from, to);
  }

  /** What was seen at least `times` times, ascending. */
  intervals(times = 1): readonly (readonly [number, number])[] {
    return this.#levels[times - 1]?.intervals() ?? [];
  }

  /** What of [0, end) was not seen, ascending. */
  missing(end: number): readonly (readonly [number, number])[] {
    return this.#levels[0]!.unseen(0, end);
  }

  /** 0, 1, …, end - 1 were seen once each, and nothing else. */
  isRun(end: number): boolean {
    return this.seen === end && this.end === end && this.repeats === 0;
  }

  copy(): Sightings {
    return new Sightings(this.#levels.map((level) => level.copy()));
  }

  #addTo(level: number, from: number, to: number): number {
    if (to <= from) return 0;
    let ledger = this.#levels[level];
    if (ledger === undefined) {
      ledger = new IntervalLedger();
      this.#levels.push(ledger);
    }
    if (from >= ledger.end || !ledger.overlaps(from, to)) {
      ledger.add(from, to);
      return 0;
    }
    let next = from;
    let again = 0;
    for (const [start, end] of ledger.unseen(from, to)) {
      again += start - next;
      this.#addTo(level + 1, next, start);
      next = end;
    }
    again += Math.max(0, to - next);
    this.#addTo(level + 1, next, to);
    ledger.add(from, to);
    return again;
  }
}
