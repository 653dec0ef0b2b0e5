import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { firstKeyGroup, keyGroupOf, murmurHash, topicPartitionOf } from "./key-groups.ts";

const WORD = 0xffffffffn;

/** MurmurHash3_x86_32 of four bytes with seed 0, over unbounded integers. */
function murmur3(code: bigint): bigint {
  const rotate = (x: bigint, bits: bigint) => ((x << bits) | (x >> (32n - bits))) & WORD;
  let k = ((code & WORD) * 0xcc9e2d51n) & WORD;
  k = (rotate(k, 15n) * 0x1b873593n) & WORD;
  let h = (rotate(k, 13n) * 5n + 0xe6546b64n) & WORD;
  h ^= 4n;
  h = ((h ^ (h >> 16n)) * 0x85ebca6bn) & WORD;
  h = ((h ^ (h >> 13n)) * 0xc2b2ae35n) & WORD;
  return h ^ (h >> 16n);
}

/** As Flink makes it non-negative: the absolute value, and 0 for the one int without. */
function nonNegative(hash: bigint): number {
  const signed = BigInt.asIntN(32, hash);
  if (signed >= 0n) return Number(signed);
  return signed === -(2n ** 31n) ? 0 : Number(-signed);
}

describe("murmurHash", () => {
  test("gives the published values of MurmurHash3_x86_32, made non-negative", () => {
    expect(murmurHash(0)).toBe(0x2362f9de);
    expect(murmurHash(-1)).toBe(0x76293b50);
    // Published as 0xf55b516b, a negative int.
    expect(murmurHash(0x87654321 | 0)).toBe(0x100000000 - 0xf55b516b);
  });

  property.prop([fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 })], { numRuns: 5000 })(
    "agrees with the algorithm over unbounded integers",
    (code) => {
      expect(murmurHash(code)).toBe(nonNegative(murmur3(BigInt(code))));
    },
  );
});

describe("keyGroupOf", () => {
  property.prop([fc.maxSafeNat(), fc.integer({ min: 1, max: 32768 })], { numRuns: 5000 })(
    "is the hash of Java's Long.hashCode modulo the maximum parallelism",
    (key, maxParallelism) => {
      const long = BigInt(key);
      const code = BigInt.asIntN(32, long ^ (long >> 32n));
      expect(keyGroupOf(key, maxParallelism)).toBe(nonNegative(murmur3(code)) % maxParallelism);
    },
  );
});

describe("key-group ranges", () => {
  test("split 0 to maxParallelism - 1 without gap or overlap, and each group has the owner Flink computes", () => {
    for (const maxParallelism of [1, 7, 128, 180, 720]) {
      for (let parallelism = 1; parallelism <= maxParallelism; parallelism++) {
        expect(firstKeyGroup(0, parallelism, maxParallelism)).toBe(0);
        expect(firstKeyGroup(parallelism, parallelism, maxParallelism)).toBe(maxParallelism);
        let owner = 0;
        for (let group = 0; group < maxParallelism; group++) {
          while (group >= firstKeyGroup(owner + 1, parallelism, maxParallelism)) owner++;
          if (owner !== Math.floor((group * parallelism) / maxParallelism)) {
            expect.fail(`group ${group} of ${maxParallelism} at parallelism ${parallelism} went to ${owner}`);
          }
        }
      }
    }
  });

  property.prop([fc.integer({ min: 1, max: 32768 }), fc.nat(), fc.nat()], { numRuns: 2000 })(
    "begin where Flink's integer arithmetic says, up to the largest maximum parallelism",
    (maxParallelism, anyParallelism, anyIndex) => {
      const parallelism = 1 + (anyParallelism % maxParallelism);
      const index = anyIndex % parallelism;
      const start = (BigInt(index) * BigInt(maxParallelism) + BigInt(parallelism) - 1n) / BigInt(parallelism);
      const end = (BigInt(index + 1) * BigInt(maxParallelism) - 1n) / BigInt(parallelism);
      expect(firstKeyGroup(index, parallelism, maxParallelism)).toBe(Number(start));
      expect(firstKeyGroup(index + 1, parallelism, maxParallelism) - 1).toBe(Number(end));
    },
  );
});

/** MurmurHash2 with Kafka's seed, over unbounded integers; a whole number of words. */
function murmur2(data: readonly number[]): bigint {
  const m = 0x5bd1e995n;
  let h = 0x9747b28cn ^ BigInt(data.length);
  for (let i = 0; i < data.length; i += 4) {
    let k = data.slice(i, i + 4).reduceRight((word, byte) => (word << 8n) | BigInt(byte), 0n);
    k = (k * m) & WORD;
    k = ((k ^ (k >> 24n)) * m) & WORD;
    h = ((h * m) & WORD) ^ k;
  }
  h = ((h ^ (h >> 13n)) * m) & WORD;
  return h ^ (h >> 15n);
}

describe("topicPartitionOf", () => {
  test("stands on the hash that kafka's own tests give", () => {
    // Source: kafka UtilsTest.testMurmur2.
    const text = "lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8";
    const bytes = Array.from(text, (letter) => letter.charCodeAt(0));
    expect(Number(BigInt.asIntN(32, murmur2(bytes)))).toBe(-58897971);
  });

  property.prop([fc.maxSafeNat(), fc.integer({ min: 1, max: 1000 })], { numRuns: 5000 })(
    "is the hash of the key's eight bytes, made non-negative, modulo the partitions",
    (key, partitions) => {
      const bytes = Array.from({ length: 8 }, (_, i) => Math.floor(key / 256 ** (7 - i)) % 256);
      const expected = Number(murmur2(bytes) & 0x7fffffffn) % partitions;
      expect(topicPartitionOf(key, partitions)).toBe(expected);
    },
  );
});
