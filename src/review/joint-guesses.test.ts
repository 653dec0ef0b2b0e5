import { expect, test } from "vitest";
import { type Guess, nanoseconds } from "./guesses.ts";
import { DRAWS, jointGuesses, valueAt } from "./joint-guesses.ts";

const guess = (key: string, low: string, typical: string, high: string): Guess => ({
  key,
  what: key,
  low,
  typical,
  high,
  source: "",
});

const START = guess("taskmanager.start", "5 s", "20 s", "80 s");
const TRIP = guess("broker.round-trip", "0.5 ms", "1 ms", "4 ms");

test("half of a range lies below its typical value, and is log-uniform there", () => {
  const seconds = [0, 0.25, 0.5, 0.75, 1].map((share) => valueAt(START, share) / 1e9);
  expect(seconds).toEqual([5, 10, 20, 40, 80]);
});

test("each twentieth of each range is drawn once, in an order of its own, the same for the same seed", () => {
  const draws = jointGuesses([START, TRIP], 1);
  expect(draws).toHaveLength(DRAWS + 1);
  const partsOf = ({ key, ...range }: Guess): number[] =>
    draws.slice(0, DRAWS).map(({ settings }) => {
      const value = nanoseconds(String(settings[key]));
      return Array.from({ length: DRAWS }, (_, i) => i).findLast(
        // A value is written with four digits.
        (i) => valueAt({ key, ...range }, i / DRAWS) <= value * 1.001,
      )!;
    });
  const inOrder = Array.from({ length: DRAWS }, (_, i) => i);
  expect(partsOf(START).toSorted((a, b) => a - b)).toEqual(inOrder);
  expect(partsOf(TRIP).toSorted((a, b) => a - b)).toEqual(inOrder);
  expect(partsOf(START)).not.toEqual(partsOf(TRIP));
  expect(jointGuesses([TRIP, START], 1)[0]!.settings).toEqual(draws[0]!.settings);
  expect(jointGuesses([START, TRIP], 2)[0]!.settings).not.toEqual(draws[0]!.settings);
});

test("the last has all at their upper ends, and slow requests to storage are never faster than others", () => {
  const slow = guess("storage.latency-p99", "20 ms", "200 ms", "300 ms");
  const median = guess("storage.latency", "10 ms", "100 ms", "400 ms");
  const draws = jointGuesses([median, slow], 1);
  expect(draws.at(-1)).toEqual({
    name: "all at their upper ends",
    settings: { "storage.latency": "400 ms", "storage.latency-p99": "400 ms" },
  });
  for (const { settings } of draws) {
    const [a, b] = [settings["storage.latency"], settings["storage.latency-p99"]].map((text) =>
      nanoseconds(String(text)),
    );
    expect(a).toBeLessThanOrEqual(b!);
  }
  expect(jointGuesses([], 1)).toEqual([]);
});
