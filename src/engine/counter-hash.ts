/** Why a hash and not a sequence: what is attached to a record (its key, its arrival jitter) must not depend on who asked
 *  first or how often. A counter-based hash is a pure function of (seed, stream, partition, block), so any record can be
 *  looked up in any order, twice, or never. */

/** Hashes two 32-bit seeds and two counters into an unsigned 32-bit integer. All four are read modulo 2^32; each bit of each
 *  flips each bit of the result with a probability near one half. Rounds: MurmurHash3 body steps, two finalisers. */
export function counterHash(seedA: number, seedB: number, a: number, b: number): number {
  let h = seedA | 0;
  h = Math.imul(h ^ Math.imul(b, 0x9e3779b1), 0x85ebca6b);
  h ^= h >>> 15;
  h = Math.imul(h ^ Math.imul(a, 0xc2b2ae3d), 0x27d4eb2f);
  h ^= h >>> 13;
  h = Math.imul(h ^ seedB, 0x165667b1);
  h ^= h >>> 16;
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** The same hash as a uniform double in [0, 1) with 32 bits of resolution. */
export function counterUniform(seedA: number, seedB: number, a: number, b: number): number {
  return counterHash(seedA, seedB, a, b) / 0x100000000;
}
