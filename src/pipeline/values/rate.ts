import { type Fraction, readFraction, reduced } from "./fraction.ts";
import { readBytes } from "./size.ts";
import { nanosecondsOf } from "./time-units.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const SECOND = 1_000_000_000n;
const MAX_RATE = 1_000_000_000n;

/** Records a second, exact and in lowest terms. */
export interface Rate {
  readonly numerator: number;
  readonly denominator: number;
}

const PER_TIME = /^(.*?)\s*\/\s*([a-z\u00b5\u03bc]+)$/i;

/** Records in a time: `10000/s`, `600/min`. */
export function rate(): ValueType<Rate, string> {
  const text = 'a rate such as "10000/s"';
  return {
    name: "rate",
    unit: "records a time, as written",
    wanted: text,
    examples: ["10000/s", "600/min"],
    jsonTypes: ["string"],
    read(input) {
      const [, amount = "", unit = ""] = PER_TIME.exec(input) ?? [];
      const records = readFraction(amount);
      const nanoseconds = nanosecondsOf(unit);
      if (records === undefined || nanoseconds === undefined) return wanted(text);
      const perSecond: Fraction = {
        numerator: records.numerator * SECOND,
        denominator: records.denominator * nanoseconds,
      };
      if (perSecond.numerator * 86_400n < perSecond.denominator) return wanted("at least 1/d");
      if (perSecond.numerator > MAX_RATE * perSecond.denominator) return wanted("at most 1000000000/s");
      const { numerator, denominator } = reduced(perSecond);
      const exact = Number.isSafeInteger(numerator) && Number.isSafeInteger(denominator);
      return exact ? read({ numerator, denominator }) : wanted("a rate with fewer digits");
    },
  };
}

/** Bytes a second: `85 mb/s` (powers of 1024). */
export function bandwidth(): ValueType<number, string> {
  const text = 'a bandwidth such as "85 mb/s"';
  return {
    name: "bandwidth",
    unit: "bytes a second, as written",
    wanted: text,
    examples: ["85 mb/s", "1 gb/s"],
    jsonTypes: ["string"],
    read(input) {
      const [, amount = "", unit = ""] = PER_TIME.exec(input) ?? [];
      const bytes = readBytes(amount, false);
      if (bytes === undefined || nanosecondsOf(unit) !== SECOND) return wanted(text);
      if (bytes < 1024n) return wanted("at least 1 kb/s");
      return bytes <= 1024n ** 4n ? read(Number(bytes)) : wanted("at most 1 tb/s");
    },
  };
}
