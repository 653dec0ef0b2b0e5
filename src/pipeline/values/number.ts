import { readFraction } from "./fraction.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const INT_MAX = 2_147_483_647;

/** Bounds of a number, both inclusive. */
export interface NumberBounds {
  readonly min?: number;
  readonly max?: number;
}

/** A whole number, as Flink and Kafka read their integers. */
export function integer({ min = 0, max = INT_MAX }: NumberBounds = {}, unit = "count"): ValueType<number> {
  const text = max === INT_MAX ? `a whole number of at least ${min}` : `a whole number from ${min} to ${max}`;
  return {
    name: "integer",
    unit,
    wanted: text,
    examples: [String(Math.max(min, 1))],
    jsonTypes: ["string", "number"],
    read(input) {
      if (!/^[+-]?\d{1,20}$/.test(input)) return wanted(text);
      const value = Number(input);
      return value >= min && value <= max ? read(value) : wanted(text);
    },
  };
}

/** A whole number that may be written as `1e6`. */
export function count({ min = 1, max = 1e9 }: NumberBounds = {}): ValueType<number> {
  const text = `a whole number from ${min} to ${max}`;
  return {
    name: "count",
    unit: "count",
    wanted: text,
    examples: ["1000", "1e6"],
    jsonTypes: ["string", "number"],
    read(input) {
      const value = readFraction(input);
      if (value === undefined || value.numerator % value.denominator !== 0n) return wanted(text);
      const whole = Number(value.numerator / value.denominator);
      return whole >= min && whole <= max ? read(whole) : wanted(text);
    },
  };
}

/** A decimal number. */
export function decimal({ min = 0, max = 1e9 }: NumberBounds = {}, unit = "ratio"): ValueType<number> {
  const text = `a number from ${min} to ${max}`;
  return {
    name: "number",
    unit,
    wanted: text,
    examples: [String(Math.min(Math.max(min, 1), max))],
    jsonTypes: ["string", "number"],
    read(input) {
      if (!/^[+-]?\d{1,20}(\.\d{1,20})?(e[+-]?\d{1,2})?$/i.test(input)) return wanted(text);
      const value = Number(input);
      return value >= min && value <= max ? read(value) : wanted(text);
    },
  };
}
