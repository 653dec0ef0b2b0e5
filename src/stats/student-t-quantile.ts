/** The regularised incomplete beta function for a = 1/2 n, b = 1/2, by its continued fraction. Source: DLMF 8.17.22, evaluated by
 *  Lentz's method. */
function incompleteBeta(x: number, a: number, b: number, logFront: number): number {
  let c = 1;
  let d = 1 / (1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m < 1000; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / (1 + even * d);
    c = 1 + even / c;
    fraction *= d * c;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / (1 + odd * d);
    c = 1 + odd / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 1e-16) break;
  }
  return (Math.exp(logFront + a * Math.log(x) + b * Math.log(1 - x)) * fraction) / a;
}

/** log of 1 / B(n/2, 1/2) for whole n, from B(1/2, 1/2) = pi, B(1, 1/2) = 2 and the recurrence. */
function logInverseBeta(freedom: number): number {
  let sum = freedom % 2 === 1 ? -Math.log(Math.PI) : -Math.log(2);
  for (let n = freedom % 2 === 1 ? 1 : 2; n < freedom; n += 2) sum += Math.log((n + 1) / n);
  return sum;
}

/** P(T > t) for t >= 0. Source: Abramowitz and Stegun 26.7.1. */
function upperTail(t: number, freedom: number, logFront: number): number {
  const x = freedom / (freedom + t * t);
  const a = freedom / 2;
  if (x < (a + 1) / (a + 2.5)) return incompleteBeta(x, a, 0.5, logFront) / 2;
  return (1 - incompleteBeta(1 - x, 0.5, a, logFront)) / 2;
}

/** The value that Student's t with `freedom` degrees of freedom (a whole number >= 1) stays at or below with probability p,
 *  0 < p < 1; relative error below 1e-9. The distribution function is inverted by bisection. */
export function studentTQuantile(p: number, freedom: number): number {
  if (p === 0.5) return 0;
  if (p < 0.5) return -studentTQuantile(1 - p, freedom);
  const logFront = logInverseBeta(freedom);
  const tail = 1 - p;
  let low = 0;
  let high = 1;
  while (upperTail(high, freedom, logFront) > tail) high *= 2;
  for (let step = 0; step < 60; step++) {
    const middle = (low + high) / 2;
    if (upperTail(middle, freedom, logFront) > tail) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
