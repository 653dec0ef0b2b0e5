const GROUP = 5;

/** How many of the first observations to leave out as warm-up, a multiple of 5: the truncation that minimises the standard error of
 *  what remains, looked for in the first half. Source: White, Cobb and Spratt, "A comparison of five steady-state truncation
 *  heuristics for simulation", Winter Simulation Conference 2000, MSER-5. */
export function warmUpLength(observations: ArrayLike<number>): number {
  const groups = Math.floor(observations.length / GROUP);
  let best = 0;
  let bestError = Number.POSITIVE_INFINITY;
  let mean = 0;
  let squares = 0;
  for (let group = groups - 1; group >= 0; group--) {
    let sum = 0;
    for (let i = 0; i < GROUP; i++) sum += observations[group * GROUP + i]!;
    const value = sum / GROUP;
    const count = groups - group;
    const difference = value - mean;
    mean += difference / count;
    squares += difference * (value - mean);
    const error = squares / (count * count);
    if (group <= groups / 2 && error <= bestError) {
      best = group;
      bestError = error;
    }
  }
  return best * GROUP;
}
