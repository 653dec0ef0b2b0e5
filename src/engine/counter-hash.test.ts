import { expect, test } from "vitest";
import { counterHash, counterUniform } from "./counter-hash.ts";

const SEED_A = 0x12345678;
const SEED_B = 0x9abcdef0;

test("each bit of each argument flips each bit of the hash about every second time", () => {
  const samples = 2000;
  for (let argument = 0; argument < 4; argument++) {
    for (let bit = 0; bit < 32; bit++) {
      const flips = new Float64Array(32);
      for (let i = 0; i < samples; i++) {
        const words = [SEED_A + i * 7, SEED_B ^ i, i, i * 31];
        const before = counterHash(words[0]!, words[1]!, words[2]!, words[3]!);
        words[argument]! ^= 1 << bit;
        const changed = before ^ counterHash(words[0]!, words[1]!, words[2]!, words[3]!);
        for (let out = 0; out < 32; out++) flips[out]! += (changed >>> out) & 1;
      }
      // Six standard errors, since 4,096 pairs are looked at.
      for (const count of flips)
        expect(Math.abs(count / samples - 0.5)).toBeLessThan((6 * 0.5) / Math.sqrt(samples));
    }
  }
});

test.each([
  { name: "blocks", at: (i: number) => counterUniform(SEED_A, SEED_B, 3, i) },
  { name: "partitions", at: (i: number) => counterUniform(SEED_A, SEED_B, i, 3) },
  { name: "seeds", at: (i: number) => counterUniform(i, SEED_B, 3, 3) },
])("consecutive $name give uniform, uncorrelated numbers", ({ at }) => {
  const n = 200_000;
  const counts = new Float64Array(256);
  let covariance = 0;
  let previous = at(0);
  for (let i = 1; i <= n; i++) {
    const u = at(i);
    counts[Math.floor(u * 256)]!++;
    covariance += (u - 0.5) * (previous - 0.5);
    previous = u;
  }
  const expected = n / 256;
  const chiSquare = counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  // 255 degrees of freedom: mean 255, standard deviation 22.6; the 99.9 % point is 330.5.
  expect(chiSquare).toBeLessThan(330.5);
  expect(Math.abs((covariance / n) * 12)).toBeLessThan(4 / Math.sqrt(n));
});

test("the hash of given arguments never changes", () => {
  expect([
    counterHash(0, 0, 0, 0),
    counterHash(1, 2, 3, 4),
    counterHash(-1, -1, -1, -1),
  ]).toMatchInlineSnapshot(`
    [
      0,
      1432818721,
      3869635329,
    ]
  `);
});
