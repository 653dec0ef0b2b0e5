/** A histogram of values that come as ramps: the first and the last value are known, and the others stand on any of the
 *  places between them, each as likely (records that a key picks out of evenly spaced offsets). A ramp costs the same
 *  however many values it holds and however many bins it crosses: the bins hold slopes of the cumulative count.
 *
 *  With density d on [a, b], the count below x is d * max(0, x - a) - d * max(0, x - b). Each bin keeps the sum of the
 *  slopes that begin in it and the sum of slope * beginning, so that the count below the end of bin j is
 *  x_j * sum(slopes up to j) - sum(slope * beginning up to j). Bins are logarithmic with 256 steps to a factor of two:
 *  0.2 to 0.4 % wide. Inside a bin the count is taken as linear. Only the octaves from the lowest to the highest value have
 *  bins. */
export class RampHistogram {
  count = 0;
  min = Number.POSITIVE_INFINITY;
  max = Number.NEGATIVE_INFINITY;
  /** Sum of the values, and what was lost of it to rounding (Neumaier). */
  #sum = 0;
  #lost = 0;
  /** Per bin from #firstBin until #endBin, side by side: points, slopes, moments. */
  #bins = new Float64Array(0);
  #firstBin = 0;
  #endBin = 0;

  /** Adds `count` values from `first` to `last`, ns, in either order; an end below 0 counts as 0. `places` is the number
   *  of steps between the places from the first value to the last; count - 1 when every place holds a value. */
  add(count: number, first: number, last: number, places = count - 1): void {
    const low = first < last ? (first > 0 ? first : 0) : last > 0 ? last : 0;
    const high = first < last ? (last > 0 ? last : 0) : first > 0 ? first : 0;
    this.count += count;
    if (low < this.min) this.min = low;
    if (high > this.max) this.max = high;
    this.#addToSum((count * (low + high)) / 2);
    const lowBin = binOf(low);
    const highBin = binOf(high);
    if (lowBin < this.#firstBin || highBin >= this.#endBin) this.#widen(lowBin, highBin);
    const bins = this.#bins;
    const offset = this.#firstBin;
    if (high - low < 1 || count === 1) {
      bins[(binOf((low + high) / 2) - offset) * STRIDE + POINTS]! += count;
      return;
    }
    bins[(lowBin - offset) * STRIDE + POINTS]! += 1;
    bins[(highBin - offset) * STRIDE + POINTS]! += 1;
    if (count === 2) return;
    // Each place stands for the step around it; the ends' halves of a step are theirs alone.
    const margin = (high - low) / (2 * places);
    const from = low + margin;
    const to = high - margin;
    const density = (count - 2) / (to - from);
    const c = (binOf(from) - offset) * STRIDE;
    const d = (binOf(to) - offset) * STRIDE;
    bins[c + SLOPES]! += density;
    bins[c + MOMENTS]! += density * from;
    bins[d + SLOPES]! -= density;
    bins[d + MOMENTS]! -= density * to;
  }

  /** Makes bins for the octaves from `lowBin` to `highBin` as well. */
  #widen(lowBin: number, highBin: number): void {
    const isEmpty = this.#endBin === 0;
    const first = Math.floor((isEmpty ? lowBin : Math.min(lowBin, this.#firstBin)) / STEPS) * STEPS;
    const end = Math.max(this.#endBin, (Math.floor(highBin / STEPS) + 1) * STEPS);
    const bins = new Float64Array((end - first) * STRIDE);
    bins.set(this.#bins, isEmpty ? 0 : (this.#firstBin - first) * STRIDE);
    this.#bins = bins;
    this.#firstBin = first;
    this.#endBin = end;
  }

  get mean(): number {
    return (this.#sum + this.#lost) / this.count;
  }

  /** Values at or below which each share of `quantiles` (ascending, 0 to 1) of all values lies, ns. */
  quantiles(quantiles: readonly number[]): number[] {
    const found: number[] = [];
    let slope = 0;
    let moment = 0;
    let points = 0;
    let below = 0;
    let next = 0;
    for (let bin = this.#firstBin; bin < this.#endBin && next < quantiles.length; bin++) {
      const row = (bin - this.#firstBin) * STRIDE;
      const added = this.#bins[row + POINTS]!;
      const addedMoment = this.#bins[row + MOMENTS]!;
      const addedSlope = this.#bins[row + SLOPES]!;
      if (slope === 0 && added === 0 && addedMoment === 0 && addedSlope === 0) continue;
      slope += addedSlope;
      moment += addedMoment;
      points += added;
      const end = endOf(bin);
      const upTo = slope * end - moment + points;
      while (next < quantiles.length && upTo >= quantiles[next]! * this.count - 1e-6) {
        const wanted = quantiles[next]! * this.count - below;
        const start = bin === 0 ? 0 : endOf(bin - 1);
        const share = upTo > below ? Math.max(0, wanted / (upTo - below)) : 1;
        const value = start + Math.min(1, share) * (end - start);
        found.push(Math.min(this.max, Math.max(this.min, value)));
        next++;
      }
      below = upTo;
    }
    while (found.length < quantiles.length) found.push(this.max);
    return found;
  }

  /** How many values lie in each stretch that holds any, in ascending order: `steps` stretches to a factor of two (a power of
   *  two, 1 to 256). Counts are rounded to a millionth, since ramps spread over stretches in fractions of a value. */
  buckets(steps: number): Bucket[] {
    const buckets: Bucket[] = [];
    const bins = STEPS / steps;
    let slope = 0;
    let moment = 0;
    let points = 0;
    let below = 0;
    for (let bin = this.#firstBin; bin < this.#endBin; bin++) {
      const row = (bin - this.#firstBin) * STRIDE;
      slope += this.#bins[row + SLOPES]!;
      moment += this.#bins[row + MOMENTS]!;
      points += this.#bins[row + POINTS]!;
      if (bin % bins !== bins - 1) continue;
      const to = endOf(bin);
      const upTo = slope * to - moment + points;
      const count = Math.round((upTo - below) * 1e6) / 1e6;
      if (count > 0) buckets.push({ from: bin < bins ? 0 : endOf(bin - bins), to, count });
      below = upTo;
      // Beyond the largest value there is nothing but rounding.
      if (to > this.max) break;
    }
    return buckets;
  }

  #addToSum(value: number): void {
    const sum = this.#sum + value;
    if (Math.abs(this.#sum) >= Math.abs(value)) this.#lost += this.#sum - sum + value;
    else this.#lost += value - sum + this.#sum;
    this.#sum = sum;
  }
}

/** A stretch of values, from (exclusive) and to, ns, and how many values lie in it. */
export interface Bucket {
  readonly from: number;
  readonly to: number;
  readonly count: number;
}

const STEPS_BITS = 8;
const STEPS = 1 << STEPS_BITS;
const LARGEST_EXPONENT = 47;
const BINS = (LARGEST_EXPONENT - STEPS_BITS + 2) * STEPS;
const STRIDE = 4;
const POINTS = 0;
const SLOPES = 1;
const MOMENTS = 2;

const POWERS = Float64Array.from({ length: LARGEST_EXPONENT + 1 }, (_, exponent) => 2 ** exponent);

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);

/** Values below 2^8 have a bin for each integer; above, the exponent and the 8 highest bits of the fraction. */
function binOf(value: number): number {
  if (value < STEPS) return Math.floor(value);
  double[0] = value;
  const high = words[1]!;
  const exponent = (high >>> 20) - 1023;
  if (exponent > LARGEST_EXPONENT) return BINS - 1;
  return (exponent - STEPS_BITS + 1) * STEPS + ((high >>> (20 - STEPS_BITS)) & (STEPS - 1));
}

function endOf(bin: number): number {
  if (bin < STEPS) return bin + 1;
  const exponent = Math.floor(bin / STEPS) + STEPS_BITS - 1;
  const step = (bin % STEPS) + 1;
  return POWERS[exponent]! * (1 + step / STEPS);
}
