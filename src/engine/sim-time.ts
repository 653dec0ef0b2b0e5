/** Why not floats in seconds: sums of fractions never meet (30 x 0.1 is not 10 x 0.3), so equal instants would get an
 *  arbitrary order. Integer nanoseconds held in a double are exact up to 2^53, which is 104 days. */

import { invariant } from "./invariant.ts";

declare const simTimeBrand: unique symbol;
declare const durationBrand: unique symbol;

/** An instant of virtual time: whole nanoseconds since the start of the run, 0 ..= 2^53 - 1. */
export type SimTime = number & { readonly [simTimeBrand]: true };

/** A span of virtual time: whole nanoseconds, 0 ..= 2^53 - 1. */
export type Duration = number & { readonly [durationBrand]: true };

/** The first instant of every run. */
export const START_OF_RUN = 0 as SimTime;

export const NANOSECOND = 1 as Duration;
export const MICROSECOND = 1_000 as Duration;
export const MILLISECOND = 1_000_000 as Duration;
export const SECOND = 1_000_000_000 as Duration;
export const MINUTE = 60_000_000_000 as Duration;
export const HOUR = 3_600_000_000_000 as Duration;

function wholeNanoseconds(amount: number, unit: number): number {
  const nanoseconds = Math.round(amount * unit);
  invariant(
    nanoseconds >= 0 && nanoseconds <= Number.MAX_SAFE_INTEGER,
    `Cannot express a time in nanoseconds: got ${amount} x ${unit} ns, wanted 0 to 2^53 - 1 ns`,
  );
  return nanoseconds;
}

/** The instant `nanoseconds` after the start, rounded to a whole nanosecond.
 *  @throws InvariantError when it is negative, not a number or beyond 2^53 - 1. */
export function simTime(nanoseconds: number): SimTime {
  return wholeNanoseconds(nanoseconds, 1) as SimTime;
}

/** A duration of `amount` nanoseconds, rounded to a whole one.
 *  @throws InvariantError when it is negative, not a number or beyond 2^53 - 1. */
export function nanoseconds(amount: number): Duration {
  return wholeNanoseconds(amount, NANOSECOND) as Duration;
}

/** A duration of `amount` microseconds, rounded to a whole nanosecond. @throws InvariantError as {@link nanoseconds}. */
export function microseconds(amount: number): Duration {
  return wholeNanoseconds(amount, MICROSECOND) as Duration;
}

/** A duration of `amount` milliseconds, rounded to a whole nanosecond. @throws InvariantError as {@link nanoseconds}. */
export function milliseconds(amount: number): Duration {
  return wholeNanoseconds(amount, MILLISECOND) as Duration;
}

/** A duration of `amount` seconds, rounded to a whole nanosecond. @throws InvariantError as {@link nanoseconds}. */
export function seconds(amount: number): Duration {
  return wholeNanoseconds(amount, SECOND) as Duration;
}

/** The time from one instant to a later one, nanoseconds.
 *  @throws InvariantError when `to` lies before `from`. */
export function elapsed(from: number, to: number): Duration {
  invariant(to >= from, "Cannot measure the time elapsed: the end lies before the beginning");
  return (to - from) as Duration;
}
