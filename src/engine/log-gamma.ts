import { log } from "./exact-math.ts";

/** The logarithm of the gamma function for x > 0; relative error below 1e-14 away from its zeros 1 and 2. Source: Stirling's
 *  series, Abramowitz and Stegun 6.1.41, after raising x above 10 by the recurrence. */
export function logGamma(x: number): number {
  let product = 1;
  let raised = x;
  while (raised < 10) product *= raised++;
  const inverse = 1 / raised;
  const square = inverse * inverse;
  const series =
    inverse *
    (1 / 12 +
      square *
        (-1 / 360 +
          square * (1 / 1260 + square * (-1 / 1680 + square * (1 / 1188 - (square * 691) / 360360)))));
  const HALF_LOG_TWO_PI = 0.9189385332046727;
  return (raised - 0.5) * log(raised) - raised + HALF_LOG_TWO_PI + series - log(product);
}
