/** First in, first out, in a ring that doubles when it is full: nothing is allocated in a steady state. */
export class Fifo<T> {
  #ring: (T | undefined)[] = new Array<T | undefined>(16).fill(undefined);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#ring[(this.#head + this.#length) & (this.#ring.length - 1)] = item;
    this.#length++;
  }

  /** Puts `item` before all others. */
  unshift(item: T): void {
    if (this.#length === this.#ring.length) this.#grow();
    this.#head = (this.#head - 1) & (this.#ring.length - 1);
    this.#ring[this.#head] = item;
    this.#length++;
  }

  /** The item with the given place, from 0; undefined: there is none. */
  at(place: number): T | undefined {
    return place < this.#length ? this.#ring[(this.#head + place) & (this.#ring.length - 1)] : undefined;
  }

  /** Takes the item with the given place out. */
  removeAt(place: number): T | undefined {
    const item = this.at(place);
    if (item === undefined) return undefined;
    for (let i = place; i > 0; i--) {
      const mask = this.#ring.length - 1;
      this.#ring[(this.#head + i) & mask] = this.#ring[(this.#head + i - 1) & mask];
    }
    this.shift();
    return item;
  }

  shift(): T | undefined {
    if (this.#length === 0) return undefined;
    const item = this.#ring[this.#head];
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) & (this.#ring.length - 1);
    this.#length--;
    return item;
  }

  peek(): T | undefined {
    return this.#length === 0 ? undefined : this.#ring[this.#head];
  }

  #grow(): void {
    const old = this.#ring;
    const ring = new Array<T | undefined>(old.length * 2).fill(undefined);
    for (let i = 0; i < this.#length; i++) ring[i] = old[(this.#head + i) & (old.length - 1)];
    this.#ring = ring;
    this.#head = 0;
  }
}
