/** Models: the files of one RocksDB column family in size and number: memtable, level 0, and the levels below with the
 *    compactions that rewrite them. What a file holds is a number of distinct keys, which follows from the records behind it.
 *  Source: RocksDB levelled compaction with Flink's defaults (RocksDBConfigurableOptions: write buffer and target file 64 MiB,
 *    level base 256 MiB, no dynamic level sizes; RocksDB: level 0 compacts at 4 files, a level is 10 times the one above).
 *  Leaves out: compression, tombstones and time to live, the time that compactions take and the stalls they cause, several
 *    column families, file boundaries that follow the keys. */

import type { KeyPopulation } from "../records/index.ts";

/** Sizes in bytes. */
export interface TreeFile {
  readonly file: number;
  readonly bytes: number;
}

const MIB = 1024 * 1024;
export const WRITE_BUFFER_BYTES = 64 * MIB;
const TARGET_FILE_BYTES = 64 * MIB;
const LEVEL_BASE_BYTES = 256 * MIB;
const LEVEL_GROWTH = 10;
const LEVEL_0_TRIGGER = 4;

interface Flushed extends TreeFile {
  /** records whose last values it holds. */
  readonly records: number;
}

/** Files of one level below the first, next to each other by key. */
interface Level {
  files: TreeFile[];
  /** Where the next compaction into the level below takes its files. */
  cursor: number;
}

export class LogStructuredTree {
  readonly #keys: KeyPopulation;
  readonly #bytesPerKey: number;
  #files: number;
  /** Records in the tree; the memtable holds those since #flushedTo. */
  #records: number;
  #flushedTo: number;
  #level0: Flushed[] = [];
  readonly #levels: Level[] = [];

  /** @param restored the files it is opened with, all below level 0, and the records behind them. */
  constructor(
    keys: KeyPopulation,
    bytesPerKey: number,
    restored: { readonly files: readonly TreeFile[]; readonly records: number } = { files: [], records: 0 },
  ) {
    this.#keys = keys;
    this.#bytesPerKey = bytesPerKey;
    this.#records = restored.records;
    this.#flushedTo = restored.records;
    this.#files = restored.files.reduce((most, { file }) => Math.max(most, file), 0);
    if (restored.files.length > 0) this.#levels.push({ files: [...restored.files], cursor: 0 });
  }

  /** Live files, oldest level last. */
  get files(): readonly TreeFile[] {
    return [...this.#level0, ...this.#levels.flatMap((level) => level.files)];
  }

  /** All keys once, without what lies in several levels. */
  get liveBytes(): number {
    return this.#keys.distinct(this.#records) * this.#bytesPerKey;
  }

  /** Every record since the last flush has its place in the memtable, also one that overwrites a value. */
  get memtableBytes(): number {
    return (this.#records - this.#flushedTo) * this.#bytesPerKey;
  }

  /** Writes up to `records` in all. Memtables that fill are flushed, and what is due is compacted. */
  advance(records: number): void {
    this.#compact();
    const perBuffer = Math.max(1, Math.floor(WRITE_BUFFER_BYTES / this.#bytesPerKey));
    while (records - this.#flushedTo >= perBuffer) {
      this.#records = this.#flushedTo + perBuffer;
      this.flush();
      this.#compact();
    }
    this.#records = records;
  }

  /** Writes the memtable to level 0. @returns bytes of the file. */
  flush(): number {
    const records = this.#records - this.#flushedTo;
    if (records <= 0) return 0;
    const bytes = Math.ceil(this.#keys.distinct(records) * this.#bytesPerKey);
    this.#level0.unshift({ file: ++this.#files, bytes, records });
    this.#flushedTo = this.#records;
    return bytes;
  }

  #compact(): void {
    if (this.#level0.length < LEVEL_0_TRIGGER) return;
    const records = this.#level0.reduce((sum, one) => sum + one.records, 0);
    const first = this.#level(0);
    // Keys are hashed, so level 0 overlaps all of level 1.
    first.files = this.#write(this.#merged(sizeOf(first.files), records));
    first.cursor = 0;
    this.#level0 = [];
    let capacity = LEVEL_BASE_BYTES;
    for (let i = 0; i < this.#levels.length; i++, capacity *= LEVEL_GROWTH) this.#sink(i, capacity);
  }

  /** Moves files beyond the capacity of level `i` into the level below, which is rewritten where they overlap it. */
  #sink(i: number, capacity: number): void {
    const level = this.#levels[i]!;
    while (level.files.length > 1 && sizeOf(level.files) > capacity) {
      const below = this.#level(i + 1);
      const before = sizeOf(level.files);
      const beforeBelow = sizeOf(below.files);
      const [moved] = level.files.splice(level.cursor++ % level.files.length, 1);
      // The moved file has this share of the keys' range, and of what is below there.
      const share = moved!.bytes / before;
      const from = below.files.length === 0 ? 0 : below.cursor % below.files.length;
      const rewritten = below.files.splice(from, Math.max(1, Math.ceil(below.files.length * share)));
      below.cursor = from;
      const inRange = share * this.#merged(beforeBelow, this.#keys.recordsFor(before / this.#bytesPerKey));
      const beside = Math.max(0, sizeOf(rewritten) - share * beforeBelow);
      below.files.splice(from, 0, ...this.#write(inRange + beside));
    }
  }

  /** Bytes of what holds the keys of `bytes` and those of further records, each once. */
  #merged(bytes: number, records: number): number {
    const before = this.#keys.recordsFor(bytes / this.#bytesPerKey);
    return this.#keys.distinct(before + records) * this.#bytesPerKey;
  }

  #write(bytes: number): TreeFile[] {
    const files: TreeFile[] = [];
    for (let left = Math.ceil(bytes); left > 0; left -= TARGET_FILE_BYTES) {
      files.push({ file: ++this.#files, bytes: Math.min(left, TARGET_FILE_BYTES) });
    }
    return files;
  }

  #level(i: number): Level {
    this.#levels[i] ??= { files: [], cursor: 0 };
    return this.#levels[i];
  }
}

function sizeOf(files: readonly TreeFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0);
}
