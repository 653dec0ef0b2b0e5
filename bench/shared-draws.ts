/** The TypeScript twins of `cpp/draws.hpp`: same draws, same hashes. */

/** How many delays are drawn beforehand; a power of two. */
export const DRAW_COUNT = 1 << 16;

/** Hands out the draws in a circle. */
export class Draws {
  private readonly values: Float64Array;
  private position = 0;

  constructor(values: Float64Array) {
    this.values = values;
  }

  draw(): number {
    const { position } = this;
    this.position = (position + 1) & (DRAW_COUNT - 1);
    return this.values[position]!;
  }
}

/** George Marsaglia's xorshift, 32 bits; for routes and victims, not for statistics. */
export class Xorshift32 {
  private readonly state = Uint32Array.of(2463534242);

  draw(): number {
    let x = this.state[0]! | 0;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.state[0] = x;
    return x >>> 0;
  }
}

/** A hash of the executed order: time and payload. */
export class OrderHash {
  private hash = 0;

  add(time: number, a: number): void {
    const h = Math.imul(this.hash ^ time ^ a, 0x85ebca6b);
    this.hash = h ^ (h >>> 15);
  }

  get value(): number {
    return this.hash >>> 0;
  }
}

/** Log-linear: 32 bins an octave, taken from the bits of a double. */
export class BitHistogram {
  private readonly bins = new Uint32Array(2048 * 32);
  private readonly double = new Float64Array(1);
  private readonly words = new Uint32Array(this.double.buffer);

  record(value: number): void {
    this.double[0] = value;
    this.bins[this.words[1]! >>> 15]!++;
  }

  hash(): number {
    let h = 0;
    for (const bin of this.bins) h = (Math.imul(h ^ bin, 0x85ebca6b) + 1) | 0;
    return h >>> 0;
  }
}
