import {
  closeSync,
  existsSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import type { PointRun } from "../../experiment/index.ts";

const CHUNK = 1 << 20;
const SYNC_EVERY_MS = 1000;

/** What a journal belongs to; its first line. */
export interface JournalHeader {
  readonly sluiceJournal: 1;
  readonly experiment: string;
  readonly digest: string;
}

/** The finished runs of a sweep, a line each, in the order in which they finished. A line is appended whole; what a crash has torn
 *  off at the end is cut off when the journal is opened again. */
export class Journal {
  readonly #file: number;
  readonly #path: string;
  /** Offset and length of each run's line in bytes. */
  readonly #places = new Map<string, readonly [offset: number, length: number]>();
  #end = 0;
  #syncedAt = 0;

  private constructor(path: string, file: number) {
    this.#path = path;
    this.#file = file;
  }

  /** Opens the journal at `path`, or begins a new one where there is none, or one of something else.
   *  @param each sees every run that is in it already. */
  static open(path: string, header: JournalHeader, each: (run: PointRun) => void): Journal {
    const first = `${JSON.stringify(header)}\n`;
    if (!existsSync(path) || !startsWith(path, first)) {
      const temporary = `${path}.${process.pid}.tmp`;
      writeFileSync(temporary, first, { flush: true });
      renameSync(temporary, path);
    }
    const journal = new Journal(path, openSync(path, "r+"));
    journal.#scan(Buffer.byteLength(first), each);
    return journal;
  }

  append(point: number, repetition: number, line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    let written = 0;
    while (written < bytes.length) {
      written += writeSync(this.#file, bytes, written, bytes.length - written, this.#end + written);
    }
    this.#places.set(`${point}/${repetition}`, [this.#end, bytes.length]);
    this.#end += bytes.length;
    const now = performance.now();
    if (now - this.#syncedAt < SYNC_EVERY_MS) return;
    fsyncSync(this.#file);
    this.#syncedAt = now;
  }

  /** A finished run; undefined: it isn't in here. */
  read(point: number, repetition: number): PointRun | undefined {
    const place = this.#places.get(`${point}/${repetition}`);
    if (place === undefined) return undefined;
    const [offset, length] = place;
    const bytes = Buffer.alloc(length);
    readSync(this.#file, bytes, 0, length, offset);
    return JSON.parse(bytes.toString("utf8")) as PointRun;
  }

  close(): void {
    closeSync(this.#file);
  }

  /** Closes it and removes the file. */
  discard(): void {
    this.close();
    rmSync(this.#path, { force: true });
  }

  #scan(from: number, each: (run: PointRun) => void): void {
    this.#end = from;
    let rest = Buffer.alloc(0);
    const chunk = Buffer.alloc(CHUNK);
    let position = from;
    for (;;) {
      const count = readSync(this.#file, chunk, 0, CHUNK, position);
      if (count === 0) break;
      position += count;
      rest = Buffer.concat([rest, chunk.subarray(0, count)]);
      let begin = 0;
      for (let end = rest.indexOf(10, begin); end >= 0; end = rest.indexOf(10, begin)) {
        const run = parseRun(rest.toString("utf8", begin, end));
        // Nothing behind a broken line can be trusted.
        if (run === undefined) {
          this.#cut();
          return;
        }
        const length = end + 1 - begin;
        this.#places.set(`${run.point}/${run.repetition}`, [this.#end, length]);
        this.#end += length;
        each(run);
        begin = end + 1;
      }
      rest = rest.subarray(begin);
    }
    this.#cut();
  }

  #cut(): void {
    ftruncateSync(this.#file, this.#end);
  }
}

/** The header of the journal at `path`, whatever it belongs to; undefined when it is none of Sluice's. */
export function isJournal(path: string): boolean {
  return existsSync(path) && startsWith(path, '{"sluiceJournal":1,');
}

function startsWith(path: string, text: string): boolean {
  const file = openSync(path, "r");
  try {
    const wanted = Buffer.from(text);
    const found = Buffer.alloc(wanted.length);
    return readSync(file, found, 0, wanted.length, 0) === wanted.length && found.equals(wanted);
  } finally {
    closeSync(file);
  }
}

function parseRun(line: string): PointRun | undefined {
  try {
    return JSON.parse(line) as PointRun;
  } catch {
    return undefined;
  }
}
