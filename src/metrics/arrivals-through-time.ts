import type { KafkaObserver } from "../kafka/index.ts";

/** How many records each reader got in each slot of time, repeated ones too. */
export class ArrivalsThroughTime implements Pick<KafkaObserver, "delivered"> {
  readonly #slot: number;
  readonly #readers: readonly number[][];

  /** @param slot ns. */
  constructor(readers: number, slot: number) {
    this.#slot = slot;
    this.#readers = Array.from({ length: readers }, () => []);
  }

  delivered(
    reader: number,
    _originPartition: number,
    _route: number,
    from: number,
    to: number,
    first: number,
    last: number,
  ): void {
    const count = to - from;
    const spacing = count > 1 ? (last - first) / (count - 1) : 0;
    let counted = 0;
    for (let slot = Math.floor(first / this.#slot); counted < count; slot++) {
      const end = (slot + 1) * this.#slot;
      // Record k arrives at first + k * spacing; the last ones whatever rounding says.
      const before =
        last < end || spacing === 0 ? count : Math.min(count, Math.ceil((end - first) / spacing));
      this.#add(reader, slot, before - counted);
      counted = Math.max(counted, before);
    }
  }

  #add(reader: number, slot: number, records: number): void {
    const slots = this.#readers[reader]!;
    while (slots.length <= slot) slots.push(0);
    slots[slot]! += Math.max(0, records);
  }

  /** Records of slot 0, 1, …. */
  slots(reader: number): readonly number[] {
    return this.#readers[reader]!;
  }
}
