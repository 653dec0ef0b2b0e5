/** Models: what uploads (or downloads) share: each runs at the rate of one stream as long as the link has it, and then all get
 *    the same.
 *  Source: egalitarian processor sharing with a cap for each stream, computed exactly: what one stream has got since the link
 *    was last idle grows alike for all, so they end in the order of that amount at their start plus their size.
 *  Leaves out: slow start, streams of unequal weight, other traffic on the link. */

import { NO_EVENT, type Simulation } from "../engine/index.ts";

export interface StorageLinkSettings {
  /** number of the link, payload a of its event. */
  readonly number: number;
  /** event kind: the next transfer ends. */
  readonly transferred: number;
  /** bytes a second, one stream; and all of them. */
  readonly stream: number;
  readonly capacity: number;
}

interface Transfer {
  readonly number: number;
  /** what a stream that began with the link's busy period will have got when this one ends, bytes. */
  readonly endsAt: number;
  readonly done: (at: number) => void;
}

const SECOND = 1e9;

export class StorageLink {
  readonly #sim: Simulation;
  readonly #settings: StorageLinkSettings;
  /** In the order in which they end. */
  readonly #transfers: Transfer[] = [];
  #attained = 0;
  #since = 0;
  #event = NO_EVENT;
  #numbers = 0;
  #slowness = 1;

  constructor(sim: Simulation, settings: StorageLinkSettings) {
    this.#sim = sim;
    this.#settings = settings;
  }

  /** Begins a transfer now. @returns its number. */
  transfer(bytes: number, done: (at: number) => void): number {
    this.#settle();
    const number = ++this.#numbers;
    const endsAt = this.#attained + bytes;
    let at = this.#transfers.length;
    while (at > 0 && this.#transfers[at - 1]!.endsAt > endsAt) at--;
    this.#transfers.splice(at, 0, { number, endsAt, done });
    this.#plan();
    return number;
  }

  /** Gives up a transfer; the others get its share. */
  cancel(number: number): void {
    const at = this.#transfers.findIndex((one) => one.number === number);
    if (at < 0) return;
    this.#settle();
    this.#transfers.splice(at, 1);
    this.#plan();
  }

  /** From now on everything takes `slowness` times as long as usually. */
  slowDown(slowness: number): void {
    this.#settle();
    this.#slowness = slowness;
    this.#plan();
  }

  /** Handler of `transferred`. */
  onTransferred(): void {
    this.#event = NO_EVENT;
    const { done, endsAt } = this.#transfers.shift()!;
    this.#since = this.#sim.now;
    this.#attained = this.#transfers.length === 0 ? 0 : endsAt;
    this.#plan();
    done(this.#sim.now);
  }

  /** Bytes a nanosecond that each stream gets. */
  get #rate(): number {
    const { stream, capacity } = this.#settings;
    return Math.min(stream, capacity / this.#transfers.length) / this.#slowness / SECOND;
  }

  #settle(): void {
    const { now } = this.#sim;
    if (this.#transfers.length === 0) this.#attained = 0;
    else this.#attained += (now - this.#since) * this.#rate;
    this.#since = now;
  }

  #plan(): void {
    this.#sim.cancel(this.#event);
    this.#event = NO_EVENT;
    const next = this.#transfers[0];
    if (next === undefined) return;
    const wait = Math.max(0, Math.ceil((next.endsAt - this.#attained) / this.#rate));
    const { transferred, number } = this.#settings;
    this.#event = this.#sim.scheduleAfter(wait, transferred, number, 0);
  }
}
