const LIMB = 2 ** 52;
const HALF_FACTOR = 2 ** 26;

/** A sum of non-negative integers without rounding, in two limbs of 52 bits: up to 2^104. Sums of records x nanoseconds pass 2^53
 *  within minutes, and a rounded sum depends on its order. */
export class ExactSum {
  private high = 0;
  private low = 0;

  /** Adds an integer of 0 ..= 2^53 - 1. */
  add(value: number): void {
    const carried = Math.floor(value / LIMB);
    this.high += carried;
    this.low += value - carried * LIMB;
    if (this.low >= LIMB) {
      this.low -= LIMB;
      this.high += 1;
    }
  }

  /** Adds a x b, both integers of 0 ..= 2^52, exactly. */
  addProduct(a: number, b: number): void {
    const aHigh = Math.floor(a / HALF_FACTOR);
    const aLow = a - aHigh * HALF_FACTOR;
    const bHigh = Math.floor(b / HALF_FACTOR);
    const bLow = b - bHigh * HALF_FACTOR;
    this.high += aHigh * bHigh;
    this.addShifted(aHigh * bLow);
    this.addShifted(aLow * bHigh);
    this.add(aLow * bLow);
  }

  /** Adds another sum. */
  merge(other: ExactSum): void {
    this.high += other.high;
    this.add(other.low);
  }

  /** The sum as the nearest double. */
  toNumber(): number {
    return this.high * LIMB + this.low;
  }

  /** The sum itself. */
  toBigInt(): bigint {
    return BigInt(this.high) * BigInt(LIMB) + BigInt(this.low);
  }

  private addShifted(value: number): void {
    const carried = Math.floor(value / HALF_FACTOR);
    this.high += carried;
    this.add((value - carried * HALF_FACTOR) * HALF_FACTOR);
  }
}
