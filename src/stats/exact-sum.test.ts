import fc from "fast-check";
import { expect, test } from "vitest";
import { ExactSum } from "./exact-sum.ts";

const integer = fc.maxSafeNat();
/** The square of the largest is a thousandth of what the sum can hold. */
const factor = fc.maxSafeNat().map((n) => Math.floor(n / 128));

test("a sum of integers and products is exact in any order", () => {
  fc.assert(
    fc.property(fc.array(integer), fc.array(fc.tuple(factor, factor)), (values, products) => {
      const sum = new ExactSum();
      const reversed = new ExactSum();
      for (const value of values) sum.add(value);
      for (const [a, b] of products) sum.addProduct(a, b);
      for (const [a, b] of products.toReversed()) reversed.addProduct(b, a);
      const rest = new ExactSum();
      for (const value of values.toReversed()) rest.add(value);
      reversed.merge(rest);
      const expected =
        values.reduce((total, value) => total + BigInt(value), 0n) +
        products.reduce((total, [a, b]) => total + BigInt(a) * BigInt(b), 0n);
      expect(sum.toBigInt()).toBe(expected);
      expect(reversed.toBigInt()).toBe(expected);
      expect(sum.toNumber()).toBe(Number(expected));
    }),
    { numRuns: 2000 },
  );
});
