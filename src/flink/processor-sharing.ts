/** Models: what uploads share (a link to the store) or start-ups of processes (a host's cores): each runs at the rate of one
 *    as long as there is enough, and then all get the same.
 *  Source: egalitarian processor sharing with a cap for each, computed exactly: what one has got since the resource was last
 *    idle grows alike for all, so they end in the order of that amount at their start plus their size.
 *  Leaves out: slow start, shares of unequal weight, whatever else uses the resource. */

import { NO_EVENT, type Simulation } from "../engine/index.ts";

export interface ProcessorSharingSettings {
  /** number of the resource, payload a of its event. */
  readonly number: number;
  /** event kind: the next work ends. */
  readonly ended: number;
  /** units a second: bytes of a link, core-seconds of a host. One at most; and all together. */
  readonly each: number;
  readonly capacity: number;
}

interface Work {
  readonly number: number;
  /** what a work that began with the resource's busy period will have got when this one ends, units. */
  readonly endsAt: number;
  readonly done: (at: number) => void;
}

const SECOND = 1e9;

export class ProcessorSharing {
  readonly #sim: Simulation;
  readonly #settings: ProcessorSharingSettings;
  /** In the order in which they end. */
  readonly #works: Work[] = [];
  #attained = 0;
  #since = 0;
  #event = NO_EVENT;
  #numbers = 0;
  #slowness = 1;

  constructor(sim: Simulation, settings: ProcessorSharingSettings) {
    this.#sim = sim;
    this.#settings = settings;
  }

  /** Begins a work of so many units now. @returns its number. */
  begin(units: number, done: (at: number) => void): number {
    this.#settle();
    const number = ++this.#numbers;
    const endsAt = this.#attained + units;
    let at = this.#works.length;
    while (at > 0 && this.#works[at - 1]!.endsAt > endsAt) at--;
    this.#works.splice(at, 0, { number, endsAt, done });
    this.#plan();
    return number;
  }

  /** Gives up a work; the others get its share. */
  cancel(number: number): void {
    const at = this.#works.findIndex((one) => one.number === number);
    if (at < 0) return;
    this.#settle();
    this.#works.splice(at, 1);
    this.#plan();
  }

  /** From now on everything takes `slowness` times as long as usually. */
  slowDown(slowness: number): void {
    this.#settle();
    this.#slowness = slowness;
    this.#plan();
  }

  /** Handler of `ended`. */
  onEnded(): void {
    this.#event = NO_EVENT;
    const { done, endsAt } = this.#works.shift()!;
    this.#since = this.#sim.now;
    this.#attained = this.#works.length === 0 ? 0 : endsAt;
    this.#plan();
    done(this.#sim.now);
  }

  /** Units a nanosecond that each gets. */
  #rate(): number {
    const { each, capacity } = this.#settings;
    return Math.min(each, capacity / this.#works.length) / this.#slowness / SECOND;
  }

  #settle(): void {
    const { now } = this.#sim;
    if (this.#works.length === 0) this.#attained = 0;
    else this.#attained += (now - this.#since) * this.#rate();
    this.#since = now;
  }

  #plan(): void {
    this.#sim.cancel(this.#event);
    this.#event = NO_EVENT;
    const next = this.#works[0];
    if (next === undefined) return;
    const wait = Math.max(0, Math.ceil((next.endsAt - this.#attained) / this.#rate()));
    const { ended, number } = this.#settings;
    this.#event = this.#sim.scheduleAfter(wait, ended, number, 0);
  }
}
