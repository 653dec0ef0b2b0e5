import { readFraction } from "./fraction.ts";
import { type Reading, read, type ValueType, wanted } from "./value-type.ts";

const LABELS: readonly (readonly string[])[] = [
  ["b", "bytes"],
  ["k", "kb", "kibibytes"],
  ["m", "mb", "mebibytes"],
  ["g", "gb", "gibibytes"],
  ["t", "tb", "tebibytes"],
];

const BY_LABEL = new Map(
  LABELS.flatMap((labels, power) => labels.map((label) => [label, 1024n ** BigInt(power)] as const)),
);

const QUANTITY = /^(\d[\d.]{0,40}(?:e\+?\d{1,2})?)\s*([a-z]*)$/i;

/** Whole bytes of `32 kb` (powers of 1024, as Flink's MemorySize counts); undefined: not a size. */
export function readBytes(text: string, bareIsBytes: boolean): bigint | undefined {
  const match = QUANTITY.exec(text);
  if (match === null) return undefined;
  const unit = BY_LABEL.get((match[2] || (bareIsBytes ? "b" : "")).toLowerCase());
  const amount = readFraction(match[1] ?? "");
  if (unit === undefined || amount === undefined) return undefined;
  const bytes = amount.numerator * unit;
  return bytes % amount.denominator === 0n ? bytes / amount.denominator : undefined;
}

/** Bounds of a size in bytes, both inclusive. */
export interface SizeBounds {
  readonly min?: number;
  readonly max?: number;
  readonly powerOfTwo?: boolean;
}

function bounded(
  bytes: bigint,
  { min = 0, max = Number.MAX_SAFE_INTEGER, powerOfTwo }: SizeBounds,
): Reading<number> {
  if (bytes < BigInt(min)) return wanted(`at least ${min} B`);
  if (bytes > BigInt(max)) return wanted(`at most ${max} B`);
  if (powerOfTwo && (bytes & (bytes - 1n)) !== 0n) return wanted("a power of two of bytes");
  return read(Number(bytes));
}

/** Flink's and Kafka's sizes: bytes when bare, else b, kb, mb, gb, tb in powers of 1024. */
export function memorySize(bounds: SizeBounds = {}): ValueType<number> {
  const text = 'a size such as "32 kb"';
  return {
    name: "size",
    unit: "bytes if bare",
    wanted: text,
    examples: (bounds.max ?? Number.POSITIVE_INFINITY) < 64 * 1024 ** 2 ? ["32 kb"] : ["32 kb", "64 mb"],
    jsonTypes: ["string", "number"],
    read(input) {
      const bytes = readBytes(input, true);
      return bytes === undefined ? wanted(text) : bounded(bytes, bounds);
    },
  };
}

/** The physical world's sizes: the unit is required. */
export function physicalSize(bounds: SizeBounds = {}): ValueType<number, string> {
  const text = 'a size with its unit such as "800 B"';
  return {
    name: "size",
    unit: "as written",
    wanted: text,
    examples: ["800 B", "2 kb"],
    jsonTypes: ["string"],
    read(input) {
      const bytes = readBytes(input, false);
      return bytes === undefined ? wanted(text) : bounded(bytes, bounds);
    },
  };
}

const PER_KEY = /^(.*?)\s*\/\s*key$/i;

/** State of a keyed operator: a size for each key. */
export function stateSize(): ValueType<number, string> {
  const text = 'a size a key such as "2 kb/key"';
  return {
    name: "state size",
    unit: "bytes a key, as written",
    wanted: text,
    examples: ["2 kb/key", "100 B/key"],
    jsonTypes: ["string"],
    read(input) {
      const size = PER_KEY.exec(input)?.[1];
      const bytes = size === undefined ? undefined : readBytes(size, false);
      return bytes === undefined ? wanted(text) : bounded(bytes, { max: 1024 ** 3 });
    },
  };
}
