import { invariant } from "../engine/index.ts";

/** A growable list of spans in struct-of-arrays form. Span i is the records of origin partition `partition[i]` with
 *  ranks [from[i], to[i]) on route `route[i]`. The spans of a list pass a place one after the other, or, when the
 *  list is `interleaved`, together, in proportion to their counts. */
export class SpanList {
  #isInterleaved = false;
  count = 0;
  /** Records in all spans. */
  records = 0;
  partition: Int32Array = new Int32Array(4);
  route: Int32Array = new Int32Array(4);
  from: Float64Array = new Float64Array(4);
  to: Float64Array = new Float64Array(4);

  readonly #separate: boolean;

  /** @param separate spans are never joined, so that each may be one record. */
  constructor(separate: boolean) {
    this.#separate = separate;
  }

  get interleaved(): boolean {
    return this.#isInterleaved;
  }

  /** Spans that came one after the other and pass together from now on. */
  set interleaved(together: boolean) {
    if (together && !this.#isInterleaved && this.count > 1 && !this.#separate) this.#joinContinued();
    this.#isInterleaved = together;
  }

  clear(): void {
    this.#isInterleaved = false;
    this.count = 0;
    this.records = 0;
  }

  /** Appends ranks [from, to); joins the last span, or of interleaved ones any, where it continues it. */
  push(partition: number, route: number, from: number, to: number): void {
    if (to <= from) return;
    this.records += to - from;
    if (!this.#separate) {
      // Spans that pass together stay in the order of their ranks only as one.
      const least = this.interleaved ? 0 : this.count - 1;
      for (let i = this.count - 1; i >= least && i >= 0; i--) {
        if (this.to[i] !== from || this.route[i] !== route || this.partition[i] !== partition) continue;
        this.to[i] = to;
        return;
      }
    }
    if (this.count === this.partition.length) this.#grow();
    const i = this.count++;
    this.partition[i] = partition;
    this.route[i] = route;
    this.from[i] = from;
    this.to[i] = to;
  }

  /** The spans as plain data. */
  rows(): readonly (readonly [partition: number, route: number, from: number, to: number])[] {
    return Array.from({ length: this.count }, (_, i) => {
      return [this.partition[i]!, this.route[i]!, this.from[i]!, this.to[i]!] as const;
    });
  }

  /** Appends all spans of this list to `into`. */
  copyTo(into: SpanList): void {
    if (this.interleaved) into.interleaved = true;
    for (let i = 0; i < this.count; i++) {
      into.push(this.partition[i]!, this.route[i]!, this.from[i]!, this.to[i]!);
    }
  }

  /** Moves the first `wanted` records to the end of `into`. 0 <= wanted <= records. */
  moveFront(wanted: number, into: SpanList): void {
    invariant(wanted >= 0 && wanted <= this.records, "a cut lies inside the list");
    if (wanted === 0) return;
    if (wanted === this.records) {
      this.copyTo(into);
      this.clear();
      return;
    }
    if (this.interleaved) into.interleaved = true;
    if (this.count === 1) {
      const cut = this.from[0]! + wanted;
      into.push(this.partition[0]!, this.route[0]!, this.from[0]!, cut);
      this.from[0] = cut;
      this.records -= wanted;
      return;
    }
    if (this.interleaved) this.#moveInProportion(wanted, into);
    else this.#moveInOrder(wanted, into);
  }

  #moveInOrder(wanted: number, into: SpanList): void {
    let left = wanted;
    let i = 0;
    while (left > 0) {
      const size = this.to[i]! - this.from[i]!;
      const taken = size < left ? size : left;
      into.push(this.partition[i]!, this.route[i]!, this.from[i]!, this.from[i]! + taken);
      this.from[i]! += taken;
      left -= taken;
      if (taken === size) i++;
    }
    this.#dropFirst(i);
    this.records -= wanted;
  }

  /** A span that continues an earlier one of its way comes behind it, not beside it. */
  #joinContinued(): void {
    let kept = 1;
    for (let i = 1; i < this.count; i++) {
      let before = kept - 1;
      while (
        before >= 0 &&
        (this.to[before] !== this.from[i] ||
          this.partition[before] !== this.partition[i] ||
          this.route[before] !== this.route[i])
      )
        before--;
      if (before >= 0) {
        this.to[before] = this.to[i]!;
        continue;
      }
      this.partition[kept] = this.partition[i]!;
      this.route[kept] = this.route[i]!;
      this.from[kept] = this.from[i]!;
      this.to[kept] = this.to[i]!;
      kept++;
    }
    this.count = kept;
  }

  /** Cumulative rounding, so that the parts add up to `wanted` exactly. */
  #moveInProportion(wanted: number, into: SpanList): void {
    const all = this.records;
    let before = 0;
    let moved = 0;
    let kept = 0;
    for (let i = 0; i < this.count; i++) {
      const from = this.from[i]!;
      const to = this.to[i]!;
      before += to - from;
      const upTo = Math.round((wanted * before) / all);
      const cut = from + upTo - moved;
      moved = upTo;
      into.push(this.partition[i]!, this.route[i]!, from, cut);
      if (cut === to) continue;
      this.partition[kept] = this.partition[i]!;
      this.route[kept] = this.route[i]!;
      this.from[kept] = cut;
      this.to[kept] = to;
      kept++;
    }
    this.count = kept;
    this.records -= wanted;
  }

  #dropFirst(dropped: number): void {
    if (dropped === 0) return;
    this.partition.copyWithin(0, dropped, this.count);
    this.route.copyWithin(0, dropped, this.count);
    this.from.copyWithin(0, dropped, this.count);
    this.to.copyWithin(0, dropped, this.count);
    this.count -= dropped;
  }

  #grow(): void {
    const size = this.partition.length * 2;
    this.partition = grown(this.partition, new Int32Array(size));
    this.route = grown(this.route, new Int32Array(size));
    this.from = grown(this.from, new Float64Array(size));
    this.to = grown(this.to, new Float64Array(size));
  }
}

function grown<T extends Int32Array | Float64Array>(old: T, bigger: T): T {
  bigger.set(old);
  return bigger;
}
