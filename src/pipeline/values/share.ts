import { readFraction, reduced } from "./fraction.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

/** An even share of records, in lowest terms. */
export interface Share {
  readonly numerator: number;
  readonly denominator: number;
}

const MOST_PARTS = 1000n;

/** `0.25`: one record in four. */
export function share(): ValueType<Share> {
  const text = "a share above 0, at most 1, with at most three decimals";
  return {
    name: "share",
    unit: "fraction",
    wanted: text,
    examples: ["0.25"],
    jsonTypes: ["string", "number"],
    read(input) {
      const value = readFraction(input);
      if (value === undefined || value.numerator === 0n || value.numerator > value.denominator)
        return wanted(text);
      return (value.numerator * MOST_PARTS) % value.denominator === 0n ? read(reduced(value)) : wanted(text);
    },
  };
}
