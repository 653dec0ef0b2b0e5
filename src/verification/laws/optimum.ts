import { InvariantError } from "../../engine/index.ts";

/** Where a smooth function that was seen with noise at some points has its maximum: the polynomial of the given degree that
 *  fits the points best (least squares, in the logarithm of the argument), and its highest point between the outermost two. */
export function maximumOf(arguments_: readonly number[], values: readonly number[], degree = 4): number {
  const logs = arguments_.map(Math.log);
  const middle = (Math.min(...logs) + Math.max(...logs)) / 2;
  const half = (Math.max(...logs) - Math.min(...logs)) / 2;
  const coefficients = fitPolynomial(
    logs.map((x) => (x - middle) / half),
    values,
    degree,
  );
  const at = (x: number): number => coefficients.reduceRight((sum, coefficient) => sum * x + coefficient, 0);
  // Golden section between the neighbours of the best point of a grid.
  const steps = 200;
  const grid = Array.from({ length: steps + 1 }, (_, i) => -1 + (2 * i) / steps);
  const best = grid.reduce((found, x) => (at(x) > at(found) ? x : found), -1);
  let low = best - 2 / steps;
  let high = best + 2 / steps;
  const golden = (Math.sqrt(5) - 1) / 2;
  for (let i = 0; i < 60; i++) {
    const a = high - golden * (high - low);
    const b = low + golden * (high - low);
    if (at(a) < at(b)) low = a;
    else high = b;
  }
  return Math.exp(middle + (half * (low + high)) / 2);
}

/** Coefficients, constant first, by Gaussian elimination of the normal equations. */
function fitPolynomial(xs: readonly number[], ys: readonly number[], degree: number): number[] {
  const size = degree + 1;
  const rows = Array.from({ length: size }, (_, i) => [
    ...Array.from({ length: size }, (_, j) => xs.reduce((sum, x) => sum + x ** (i + j), 0)),
    xs.reduce((sum, x, k) => sum + x ** i * ys[k]!, 0),
  ]);
  for (let i = 0; i < size; i++) {
    const pivot = rows[i]!;
    if (pivot[i] === 0) throw new InvariantError("a polynomial needs more points than its degree");
    for (let j = 0; j < size; j++) {
      const factor = j === i ? 0 : rows[j]![i]! / pivot[i]!;
      for (let k = i; k <= size; k++) rows[j]![k]! -= factor * pivot[k]!;
    }
  }
  return rows.map((row, i) => row[size]! / row[i]!);
}

/** The principal branch of Lambert's W, x >= -1/e: w e^w = x, by Halley's iteration. Source: Corless et al., "On the Lambert
 *  W function", Advances in Computational Mathematics 5, 1996. */
export function lambertW(x: number): number {
  // Near the branch point the series in p = sqrt(2 (e x + 1)) is a good start.
  const p = Math.sqrt(Math.max(0, 2 * (Math.E * x + 1)));
  let w = x < 0 ? -1 + p - (p * p) / 3 : Math.log1p(x);
  for (let i = 0; i < 50; i++) {
    const e = Math.exp(w);
    const f = w * e - x;
    const step = f / (e * (w + 1) - ((w + 2) * f) / (2 * w + 2));
    if (!Number.isFinite(step)) break;
    w -= step;
    if (Math.abs(step) < 1e-15 * Math.abs(w)) break;
  }
  return w;
}
