/** Why not `Math.log`, `Math.exp`, `Math.pow`: the language leaves their last bits to the implementation, and implementations
 *  have differed and changed. A replay must give the same bits on every machine, so wherever a result enters a run these ports
 *  are used. They need only IEEE 754 double arithmetic, which the language does fix.
 *
 *  Source: fdlibm 5.3, e_log.c, e_exp.c, e_pow.c. Copyright (C) 1993, 2004 Sun Microsystems, Inc. All rights reserved.
 *  Permission to use, copy, modify, and distribute this software is freely granted, provided that this notice is preserved. */

const double = new Float64Array(1);
const words = new Int32Array(double.buffer);
const isLittleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const HIGH = isLittleEndian ? 1 : 0;
const LOW = 1 - HIGH;

function highWord(x: number): number {
  double[0] = x;
  return words[HIGH]!;
}

function withHighWord(x: number, high: number): number {
  double[0] = x;
  words[HIGH] = high;
  return double[0]!;
}

function withoutLowWord(x: number): number {
  double[0] = x;
  words[LOW] = 0;
  return double[0]!;
}

const TWO_54 = 18014398509481984;
const LN2_HIGH = 0.6931471803691238;
const LN2_LOW = 1.9082149292705877e-10;

/** Natural logarithm; error below 1 ulp. -Infinity for 0, NaN below. */
export function log(x: number): number {
  if (x <= 0) return x === 0 ? Number.NEGATIVE_INFINITY : Number.NaN;
  if (!(x < Number.POSITIVE_INFINITY)) return x;
  let scaled = x;
  let k = 0;
  let high = highWord(x);
  if (high < 0x00100000) {
    k = -54;
    scaled = x * TWO_54;
    high = highWord(scaled);
  }
  k += (high >> 20) - 1023;
  high &= 0xfffff;
  let i = (high + 0x95f64) & 0x100000;
  const f = withHighWord(scaled, high | (i ^ 0x3ff00000)) - 1;
  k += i >> 20;
  if ((0xfffff & (2 + high)) < 3) {
    if (f === 0) return k * LN2_HIGH + k * LN2_LOW;
    const small = f * f * (0.5 - 0.3333333333333333 * f);
    return k === 0 ? f - small : k * LN2_HIGH - (small - k * LN2_LOW - f);
  }
  const s = f / (2 + f);
  const z = s * s;
  const w = z * z;
  i = (high - 0x6147a) | (0x6b851 - high);
  const even = w * (0.3999999999940942 + w * (0.22222198432149784 + w * 0.15313837699209373));
  const odd =
    z * (0.6666666666666735 + w * (0.2857142874366239 + w * (0.1818357216161805 + w * 0.14798198605116586)));
  const r = odd + even;
  if (i > 0) {
    const half = 0.5 * f * f;
    return k === 0 ? f - (half - s * (half + r)) : k * LN2_HIGH - (half - (s * (half + r) + k * LN2_LOW) - f);
  }
  return k === 0 ? f - s * (f - r) : k * LN2_HIGH - (s * (f - r) - k * LN2_LOW - f);
}

/** e to the power of x; error below 1 ulp. */
export function exp(x: number): number {
  if (x > 709.782712893384) return Number.POSITIVE_INFINITY;
  if (x < -745.1332191019411) return 0;
  if (Number.isNaN(x)) return x;
  const magnitude = highWord(x) & 0x7fffffff;
  let high = 0;
  let low = 0;
  let k = 0;
  let reduced = x;
  if (magnitude > 0x3fd62e42) {
    if (magnitude < 0x3ff0a2b2) {
      // V8 returns the constant here, where fdlibm's own reduction is off by an ulp.
      if (x === 1) return Math.E;
      k = x < 0 ? -1 : 1;
    } else {
      k = Math.trunc(1.4426950408889634 * x + (x < 0 ? -0.5 : 0.5));
    }
    high = x - k * LN2_HIGH;
    low = k * LN2_LOW;
    reduced = high - low;
  } else if (magnitude < 0x3e300000) {
    return 1 + x;
  }
  const t = reduced * reduced;
  const c =
    reduced -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  if (k === 0) return 1 - ((reduced * c) / (c - 2) - reduced);
  const y = 1 - (low - (reduced * c) / (2 - c) - high);
  if (k === 1024) return y * 2 * 8.98846567431158e307;
  if (k >= -1021) return withHighWord(y, highWord(y) + (k << 20));
  return withHighWord(y, highWord(y) + ((k + 1000) << 20)) * 9.332636185032189e-302;
}

/** x to the power of y, for x >= 0; error below 0.7 ulp. NaN for x < 0, which no distribution needs. */
export function pow(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y) || x < 0) return Number.NaN;
  if (y === 1) return x;
  if (y === 2) return x * x;
  if (y === 0.5) return Math.sqrt(x);
  const vanishes = x < 1 === y > 0;
  if (x === 0 || x === Number.POSITIVE_INFINITY || !Number.isFinite(y)) {
    return vanishes ? 0 : Number.POSITIVE_INFINITY;
  }
  if (Math.abs(y) > 2 ** 64) return vanishes ? 0 : Number.POSITIVE_INFINITY;
  return powFinite(x, y);
}

/** The general case of e_pow.c: y log2(x) in two doubles, then two to that power. */
function powFinite(x: number, y: number): number {
  let t1: number;
  let t2: number;
  if ((highWord(y) & 0x7fffffff) > 0x41e00000) {
    // |y| > 2^31: only an x next to 1 gives neither zero nor infinity.
    const high = highWord(x);
    if (high < 0x3fefffff) return y < 0 ? Number.POSITIVE_INFINITY : 0;
    if (high > 0x3ff00000) return y > 0 ? Number.POSITIVE_INFINITY : 0;
    const t = x - 1;
    const w = t * t * (0.5 - t * (0.3333333333333333 - t * 0.25));
    const u = 1.4426950216293335 * t;
    const v = t * 1.9259629911266175e-8 - w * 1.4426950408889634;
    t1 = withoutLowWord(u + v);
    t2 = v - (t1 - u);
  } else {
    let n = 0;
    let ax = x;
    if (highWord(ax) < 0x00100000) {
      ax *= 9007199254740992;
      n -= 53;
    }
    const high = highWord(ax);
    n += (high >> 20) - 1023;
    const mantissa = high & 0x000fffff;
    let ix = mantissa | 0x3ff00000;
    let isUpper = false;
    if (mantissa > 0x3988e) {
      if (mantissa < 0xbb67a) {
        isUpper = true;
      } else {
        n += 1;
        ix -= 0x00100000;
      }
    }
    ax = withHighWord(ax, ix);
    const bp = isUpper ? 1.5 : 1;
    let u = ax - bp;
    let v = 1 / (ax + bp);
    const s = u * v;
    const sHigh = withoutLowWord(s);
    let tHigh = withHighWord(0, ((ix >> 1) | 0x20000000) + 0x00080000 + (isUpper ? 0x00040000 : 0));
    let tLow = ax - (tHigh - bp);
    const sLow = v * (u - sHigh * tHigh - sHigh * tLow);
    let s2 = s * s;
    let r =
      s2 *
      s2 *
      (0.5999999999999946 +
        s2 *
          (0.4285714285785502 +
            s2 *
              (0.33333332981837743 +
                s2 * (0.272728123808534 + s2 * (0.23066074577556175 + s2 * 0.20697501780033842)))));
    r += sLow * (sHigh + s);
    s2 = sHigh * sHigh;
    tHigh = withoutLowWord(3 + s2 + r);
    tLow = r - (tHigh - 3 - s2);
    u = sHigh * tHigh;
    v = sLow * tHigh + tLow * s;
    const pHigh = withoutLowWord(u + v);
    const pLow = v - (pHigh - u);
    const zHigh = 0.9617967009544373 * pHigh;
    const zLow =
      -7.028461650952758e-9 * pHigh + pLow * 0.9617966939259756 + (isUpper ? 1.350039202129749e-8 : 0);
    const dHigh = isUpper ? 0.5849624872207642 : 0;
    t1 = withoutLowWord(zHigh + zLow + dHigh + n);
    t2 = zLow - (t1 - n - dHigh - zHigh);
  }
  const yHigh = withoutLowWord(y);
  return twoToThe((y - yHigh) * t1 + y * t2, yHigh * t1);
}

/** 2^(low + high), |low| much smaller. */
function twoToThe(low: number, high: number): number {
  let pHigh = high;
  const sum = low + high;
  double[0] = sum;
  const j = words[HIGH]!;
  const i = words[LOW]!;
  if (j >= 0x40900000) {
    if (((j - 0x40900000) | i) !== 0 || low + 8.008566259537294e-17 > sum - high)
      return Number.POSITIVE_INFINITY;
  } else if ((j & 0x7fffffff) >= 0x4090cc00) {
    if (((j - (0xc090cc00 | 0)) | i) !== 0 || low <= sum - high) return 0;
  }
  let n = 0;
  const magnitude = j & 0x7fffffff;
  if (magnitude > 0x3fe00000) {
    let k = (magnitude >> 20) - 1023;
    const rounded = j + (0x00100000 >> (k + 1));
    k = ((rounded & 0x7fffffff) >> 20) - 1023;
    const t = withHighWord(0, rounded & ~(0x000fffff >> k));
    n = ((rounded & 0x000fffff) | 0x00100000) >> (20 - k);
    if (j < 0) n = -n;
    pHigh -= t;
  }
  let t = withoutLowWord(low + pHigh);
  const u = t * 0.6931471824645996;
  const v = (low - (t - pHigh)) * 0.6931471805599453 + t * -1.904654299957768e-9;
  let z = u + v;
  const w = v - (z - u);
  t = z * z;
  const t1 =
    z -
    t *
      (0.16666666666666602 +
        t *
          (-0.0027777777777015593 +
            t * (0.00006613756321437934 + t * (-0.0000016533902205465252 + t * 4.1381367970572385e-8))));
  const r = (z * t1) / (t1 - 2) - (w + z * w);
  z = 1 - (r - z);
  const scaled = highWord(z) + (n << 20);
  if (scaled >> 20 > 0) return withHighWord(z, scaled);
  return withHighWord(z, scaled + (1000 << 20)) * 9.332636185032189e-302;
}
