import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { flinkDuration, kafkaMilliseconds, physicalDuration } from "./duration.ts";
import { formatDuration } from "./format-duration.ts";
import { count, decimal, integer } from "./number.ts";
import { bandwidth, rate } from "./rate.ts";
import { serviceTime, subtaskServiceTime } from "./service-time.ts";
import { memorySize, physicalSize, stateSize } from "./size.ts";
import { skew } from "./skew.ts";
import { objective } from "./slo.ts";
import type { ScalarInput, ValueType } from "./value-type.ts";
import { compareVersions } from "./version.ts";
import { choice, flag, name } from "./word.ts";

/** The value, or the words for what was wanted. */
function outcome(type: ValueType<unknown, ScalarInput>, text: string): unknown {
  const reading = type.read(text);
  return reading.ok ? reading.value : reading.wanted;
}

const DURATION = 'a duration such as "10 s"';
const PHYSICAL = 'a duration with its unit such as "0.3 ms"';
const TOO_LONG = "at most 100 d";

describe.each<readonly [string, ValueType<unknown, ScalarInput>, readonly (readonly [string, unknown])[]]>([
  [
    "Flink's durations",
    flinkDuration(),
    [
      ["10 s", 10e9],
      ["10s", 10e9],
      ["250", 250e6],
      ["5 m", 300e9],
      ["5 min", 300e9],
      ["2 HOURS", 7200e9],
      ["1 day", 86_400e9],
      ["7 \u00b5s", 7000],
      ["7 \u03bcs", 7000],
      ["7 us", 7000],
      ["7 micros", 7000],
      ["9 nanoseconds", 9],
      ["PT10S", 10e9],
      ["P1DT1H1M1.5S", 90_061.5e9],
      ["pt0.000000001s", 1],
      ["0", 0],
      ["10 parsecs", DURATION],
      ["", DURATION],
      ["-1", DURATION],
      ["+1 s", DURATION],
      ["P", DURATION],
      ["PT", DURATION],
      ["10 s 5 ms", DURATION],
      ["1.5 s", `${DURATION}: Flink reads whole numbers only, so write a smaller unit`],
      ["1e3 s", `${DURATION}: Flink reads whole numbers only, so write a smaller unit`],
      ["101 d", TOO_LONG],
      ["99999999999999999999999 d", TOO_LONG],
    ],
  ],
  [
    "Kafka's milliseconds",
    kafkaMilliseconds(),
    [
      ["5", 5e6],
      ["5 s", 5e9],
      ["0.5 s", 500e6],
      ["0.5", "whole milliseconds, as Kafka counts them"],
      ["1 us", "whole milliseconds, as Kafka counts them"],
      ["2147483648", "at most 2147483647 ms"],
      ["-1", 'milliseconds or a duration such as "5 s"'],
    ],
  ],
  [
    "physical durations",
    physicalDuration(),
    [
      ["0.3 ms", 300_000],
      ["20us", 20_000],
      ["1e3 ms", 1e9],
      ["0.3", PHYSICAL],
      ["0.3.1 ms", PHYSICAL],
      ["NaN ms", PHYSICAL],
      ["2 h", "at most 1 h"],
    ],
  ],
  [
    "sizes",
    memorySize({ min: 10, max: 1024 ** 4, powerOfTwo: true }),
    [
      ["32 kb", 32_768],
      ["32768", 32_768],
      ["1 MebiBytes", 1_048_576],
      ["0.5kb", 512],
      ["33", "a power of two of bytes"],
      ["8", "at least 10 B"],
      ["2 tb", "at most 1099511627776 B"],
      ["1.5 b", 'a size such as "32 kb"'],
      ["5 furlongs", 'a size such as "32 kb"'],
    ],
  ],
  [
    "physical sizes",
    physicalSize(),
    [
      ["800 B", 800],
      ["1.5 kb", 1536],
      ["800", 'a size with its unit such as "800 B"'],
    ],
  ],
  [
    "state sizes",
    stateSize(),
    [
      ["2 kb/key", 2048],
      ["100 B / key", 100],
      ["2 kb", 'a size a key such as "2 kb/key"'],
    ],
  ],
  [
    "rates",
    rate(),
    [
      ["10000/s", { numerator: 10_000, denominator: 1 }],
      ["600/min", { numerator: 10, denominator: 1 }],
      ["1/h", { numerator: 1, denominator: 3600 }],
      ["0.1 / s", { numerator: 1, denominator: 10 }],
      ["1e6/s", { numerator: 1_000_000, denominator: 1 }],
      ["1/ms", { numerator: 1000, denominator: 1 }],
      ["0/s", "at least 1/d"],
      ["1e10/s", "at most 1000000000/s"],
      ["10000", 'a rate such as "10000/s"'],
      ["10/fortnight", 'a rate such as "10000/s"'],
      ["1.00000000000000000001/s", "a rate with fewer digits"],
    ],
  ],
  [
    "bandwidths",
    bandwidth(),
    [
      ["85 mb/s", 85 * 1_048_576],
      ["1 b/s", "at least 1 kb/s"],
      ["85 mb", 'a bandwidth such as "85 mb/s"'],
      ["85 mb/h", 'a bandwidth such as "85 mb/s"'],
    ],
  ],
  [
    "service times",
    serviceTime(),
    [
      ["0.3 ms", { kind: "constant", value: 300_000 }],
      ["exponential 0.3 ms", { kind: "gamma", mean: 300_000, shape: 1 }],
      ["Gamma 0.3 ms shape 4", { kind: "gamma", mean: 300_000, shape: 4 }],
      ["parked 2 ms", { kind: "parked", value: 2_000_000 }],
      ["2 h", "at most 1 h"],
      [
        "gamma 0.3 ms",
        'a service time such as "0.3 ms", "exponential 0.3 ms", "gamma 0.3 ms shape 4" or "parked 2 ms", the shape from 0.1 to 1000',
      ],
      [
        "0.3 ms shape 4",
        'a service time such as "0.3 ms", "exponential 0.3 ms", "gamma 0.3 ms shape 4" or "parked 2 ms"',
      ],
    ],
  ],
  [
    "service times of a subtask",
    subtaskServiceTime(),
    [
      ["0: 2.4 ms", { subtask: 0, serviceTime: { kind: "constant", value: 2_400_000 } }],
      ["12:parked 1 ms", { subtask: 12, serviceTime: { kind: "parked", value: 1_000_000 } }],
      ["2.4 ms", 'a subtask and its service time such as "0: 2.4 ms"'],
    ],
  ],
  [
    "skews",
    skew(),
    [
      ["cycle", { kind: "cycle" }],
      ["zipf 0.8", { kind: "zipf", exponent: 0.8 }],
      ["zipf 11", "a zipf exponent from 0 to 10"],
      ["zipf", '"cycle" or "zipf 0.8"'],
    ],
  ],
  [
    "objectives",
    objective(),
    [
      ["p99 <= 15 s", { quantile: 0.99, bound: 15e9 }],
      ["p99.9<=200ms", { quantile: 0.999, bound: 200e6 }],
      ["p50 \u2264 1 s", { quantile: 0.5, bound: 1e9 }],
      ["p100 <= 1 s", 'an objective such as "p99 <= 15 s"'],
      ["p99 < 15 s", 'an objective such as "p99 <= 15 s"'],
      ["p99 <= 15", 'an objective such as "p99 <= 15 s"'],
    ],
  ],
  [
    "integers",
    integer({ min: 1, max: 10 }),
    [
      ["7", 7],
      ["0", "a whole number from 1 to 10"],
      ["1e1", "a whole number from 1 to 10"],
      ["0x7", "a whole number from 1 to 10"],
    ],
  ],
  [
    "counts",
    count(),
    [
      ["1e6", 1_000_000],
      ["1.5e1", 15],
      ["0", "a whole number from 1 to 1000000000"],
      ["1e99", "a whole number from 1 to 1000000000"],
    ],
  ],
  [
    "numbers",
    decimal({ max: 1 }),
    [
      ["0.4", 0.4],
      ["2", "a number from 0 to 1"],
      [".inf", "a number from 0 to 1"],
    ],
  ],
  [
    "flags",
    flag(),
    [
      ["TRUE", true],
      ["yes", "true or false"],
    ],
  ],
  [
    "choices",
    choice(["EXACTLY_ONCE", "AT_LEAST_ONCE"]),
    [
      ["exactly-once", "EXACTLY_ONCE"],
      ["x", 'one of "EXACTLY_ONCE", "AT_LEAST_ONCE"'],
    ],
  ],
  [
    "names",
    name("a topic", "orders"),
    [
      ["a.b-C_1", "a.b-C_1"],
      ["..", 'a topic: a name of letters, digits, ".", "_" and "-"'],
    ],
  ],
])("%s", (_what, type, cases) => {
  test.each(cases)("%s", (text, expected) => {
    expect(outcome(type, text)).toEqual(expected);
  });
});

property.prop([fc.integer({ min: 0, max: 100 * 86_400e9 })])(
  "a formatted duration reads back",
  (nanoseconds) => {
    expect(outcome(flinkDuration(), formatDuration(nanoseconds))).toBe(nanoseconds);
  },
);

test.each([
  ["2.1.1", "2.1.1", 0],
  ["4.10", "4.9", 1],
  ["1.20", "2.0", -1],
  ["4.0", "4.0.0", 0],
])("release %s against %s", (a, b, sign) => {
  expect(Math.sign(compareVersions(a, b))).toBe(sign);
});
