import alea from "seedrandom/lib/alea.js";
import { invariant } from "./invariant.ts";
import { mixSeed } from "./seed-mixing.ts";

/** One named sequence of random numbers, a function of (seed, name) and of nothing else: adding a stream, or drawing more from
 *  one, shifts no other. Generator: `alea` of the package seedrandom (Johannes Baagøe), seeded with the mixed pair.
 *
 *  For control draws (delays, phases, faults). What belongs to a record comes from a counter-based hash instead, since a
 *  sequence depends on who asked before. */
export class RandomStream {
  readonly name: string;
  /** Draws the next uniform double in [0, 1), all 53 bits. */
  readonly uniform: () => number;
  private readonly next: () => number;

  constructor(seed: string, name: string) {
    const generator = alea(mixSeed(seed, name));
    this.name = name;
    this.uniform = generator.double;
    this.next = generator;
  }

  /** Draws 32 random bits as an unsigned integer. */
  uint32(): number {
    return this.next() * 0x100000000;
  }

  /** Draws an integer uniformly from 0 ..= n - 1.
   *  @throws InvariantError unless n is an integer of 1 ..= 2^53 - 1. */
  below(n: number): number {
    invariant(
      n >= 1 && Number.isSafeInteger(n),
      "Cannot draw an integer below n: wanted n between 1 and 2^53 - 1",
    );
    return Math.floor(this.uniform() * n);
  }
}
