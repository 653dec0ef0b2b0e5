/** Models: the thread that hands a load's records to their producer, in the order of their creation: it stands still where send()
 *  blocks, since batches that wait have used up buffer.memory, and is late by that until it has caught up.
 *  Source: kafka KafkaProducer.send, BufferPool.allocate.
 *  Leaves out: max.block.ms: what send() refuses the thread hands over again. */

import { invariant } from "../engine/index.ts";

/** From `at` on it goes from the records made at `made` on, by `pace` ns of creation a ns, until it is up to date. */
interface Stretch {
  readonly at: number;
  readonly made: number;
  readonly pace: number;
}

/** Times in ns. */
export class LoadThread {
  #stretches: Stretch[] = [];

  /** It hands over by `time` what was made by then. */
  madeBy(time: number): number {
    const last = this.#stretches.findLast(({ at }) => at <= time);
    return last === undefined ? time : Math.min(time, last.made + Math.floor((time - last.at) * last.pace));
  }

  /** When it hands over what is made at `made`; infinite: not as far as can be foreseen. */
  handsOverAt(made: number): number {
    let at = made;
    for (const stretch of this.#stretches) {
      if (stretch.at > at || made <= stretch.made) break;
      const { at: from, pace } = stretch;
      at = pace === 0 ? Number.POSITIVE_INFINITY : from + Math.ceil((made - stretch.made) / pace);
      at = Math.max(made, at);
    }
    return at;
  }

  /** What was foreseen from `now` on no longer holds. */
  forgetFrom(now: number): void {
    this.#stretches = this.#stretches.filter(({ at }) => at < now);
  }

  /** Since when it stands still at `time`; undefined: it doesn't. */
  blockedSince(time: number): number | undefined {
    const last = this.#stretches.findLast(({ at }) => at <= time);
    return last?.pace === 0 ? last.at : undefined;
  }

  /** Until when what it does is foreseen. */
  get foreseenTo(): number {
    return this.#stretches.at(-1)?.at ?? 0;
  }

  /** send() blocks at `at`. */
  block(at: number): void {
    this.#add(at, 0);
  }

  /** Goes on at `at` by `pace`. */
  goOn(at: number, pace: number): void {
    invariant(pace > 0, "a thread that goes on has a pace");
    if (this.madeBy(at) < at) this.#add(at, pace);
  }

  #add(at: number, pace: number): void {
    const made = this.madeBy(at);
    invariant(at >= this.foreseenTo, "what a thread does is foreseen in order");
    this.#stretches.push({ at, made, pace });
  }
}
