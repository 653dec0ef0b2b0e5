/** How often each of the integers 0, 1, 2, … was seen, kept as disjoint intervals: exact, and short as long as what
 *  is seen has few gaps. `seen` counts distinct integers, `repeats` every sighting after the first. */
export class IntervalLedger {
  /** Of the intervals, #count of them; what lies behind is left over. */
  readonly #starts: number[] = [];
  readonly #ends: number[] = [];
  #count = 0;
  /** Where the last one was put: the next one often comes close behind it. */
  #last = 0;
  seen = 0;
  repeats = 0;

  /** Behind the largest integer seen; 0: none was. */
  get end(): number {
    return this.#count === 0 ? 0 : this.#ends[this.#count - 1]!;
  }

  copy(): IntervalLedger {
    const copy = new IntervalLedger();
    for (let i = 0; i < this.#count; i++) {
      copy.#starts.push(this.#starts[i]!);
      copy.#ends.push(this.#ends[i]!);
    }
    copy.#count = this.#count;
    copy.seen = this.seen;
    copy.repeats = this.repeats;
    return copy;
  }

  /** Notes one sighting of each integer in [from, to). */
  add(from: number, to: number): void {
    if (to <= from) return;
    const starts = this.#starts;
    const ends = this.#ends;
    const count = this.#count;
    if (count > 0 && ends[count - 1] === from) {
      ends[count - 1] = to;
      this.seen += to - from;
      return;
    }
    let i = this.#placeOf(from);
    // Interval i - 1 starts at or before `from`; interval i behind it.
    if (i > 0 && ends[i - 1]! >= from) i--;
    let joinedStart = from;
    let joinedEnd = to;
    let overlapped = 0;
    let j = i;
    while (j < count && starts[j]! <= to) {
      overlapped += Math.max(0, Math.min(ends[j]!, to) - Math.max(starts[j]!, from));
      if (starts[j]! < joinedStart) joinedStart = starts[j]!;
      if (ends[j]! > joinedEnd) joinedEnd = ends[j]!;
      j++;
    }
    if (j === i) this.#makeRoom(i);
    else if (j > i + 1) this.#drop(i + 1, j);
    starts[i] = joinedStart;
    ends[i] = joinedEnd;
    this.#last = i;
    this.seen += to - from - overlapped;
    this.repeats += overlapped;
  }

  /** Whether any of [from, to) was seen. */
  overlaps(from: number, to: number): boolean {
    const i = this.#placeOf(from);
    return (i > 0 && this.#ends[i - 1]! > from) || (i < this.#count && this.#starts[i]! < to);
  }

  /** How many intervals start at or before `from`. */
  #placeOf(from: number): number {
    const starts = this.#starts;
    const count = this.#count;
    let i = this.#last < count ? this.#last : count;
    while (i < count && starts[i]! <= from) i++;
    while (i > 0 && starts[i - 1]! > from) i--;
    this.#last = i;
    return i;
  }

  #makeRoom(at: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    const count = this.#count++;
    if (count === starts.length) {
      starts.push(0);
      ends.push(0);
    }
    for (let i = count; i > at; i--) {
      starts[i] = starts[i - 1]!;
      ends[i] = ends[i - 1]!;
    }
  }

  #drop(from: number, to: number): void {
    const starts = this.#starts;
    const ends = this.#ends;
    const dropped = to - from;
    this.#count -= dropped;
    for (let i = from; i < this.#count; i++) {
      starts[i] = starts[i + dropped]!;
      ends[i] = ends[i + dropped]!;
    }
  }

  /** The parts of [from, to) that were not seen yet, ascending. */
  unseen(from: number, to: number): readonly (readonly [number, number])[] {
    let i = this.#count;
    while (i > 0 && this.#ends[i - 1]! > from) i--;
    const parts: (readonly [number, number])[] = [];
    let next = from;
    for (; i < this.#count && this.#starts[i]! < to; i++) {
      if (this.#starts[i]! > next) parts.push([next, this.#starts[i]!]);
      next = this.#ends[i]!;
    }
    if (next < to) parts.push([next, to]);
    return parts;
  }

  /** The disjoint intervals seen so far, ascending. */
  intervals(): readonly (readonly [number, number])[] {
    return Array.from({ length: this.#count }, (_, i) => [this.#starts[i]!, this.#ends[i]!] as const);
  }
}
