/** The candidate most like `name`, or undefined when none is near enough to be a slip of the pen:
 *  at most a third of the characters may differ. Compared without case and with `_` as `-`; where no candidate as a
 *  whole is near, the ends of dotted ones are tried (`checkpointing.intervall`). */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const all = [...candidates];
  const steps = name.split(".").length;
  return (
    nearestBy(name, all, (candidate) => candidate) ??
    nearestBy(name, all, (candidate) => candidate.split(".").slice(-steps).join("."))
  );
}

function nearestBy(
  name: string,
  candidates: readonly string[],
  part: (candidate: string) => string,
): string | undefined {
  const wanted = fold(name);
  let best: string | undefined;
  let bestDistance = Math.floor(Math.max(wanted.length, 3) / 3) + 1;
  for (const candidate of candidates) {
    const distance = editDistance(wanted, fold(part(candidate)), bestDistance);
    if (distance < bestDistance) [best, bestDistance] = [candidate, distance];
  }
  return best;
}

function fold(name: string): string {
  return name.slice(0, 200).toLowerCase().replaceAll("_", "-");
}

/** Insertions, deletions, substitutions and swaps of neighbours from `a` to `b` (optimal string alignment),
 *  or `limit` as soon as it can't be less. */
export function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let least = row;
    for (let column = 1; column <= b.length; column++) {
      const substitution = (last[column - 1] ?? 0) + (a[row - 1] === b[column - 1] ? 0 : 1);
      let distance = Math.min(substitution, (last[column] ?? 0) + 1, (current[column - 1] ?? 0) + 1);
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1]) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1);
      }
      current.push(distance);
      least = Math.min(least, distance);
    }
    if (least >= limit) return limit;
    [beforeLast, last] = [last, current];
  }
  return Math.min(last[b.length] ?? limit, limit);
}
