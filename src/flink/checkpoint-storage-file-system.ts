/** Models: checkpoints as files or objects: each piece of state a request of its own and then a transfer at what the link
 *    gives; small pieces in the acknowledgement; `_metadata`, folders and deletions by the JobManager.
 *  Source: flink FsCheckpointStorageAccess, FsCheckpointStreamFactory, RocksDBStateUploader, CheckpointsCleaner (Flink 2.1);
 *    one request a piece as flink-s3-fs-presto writes objects below its multipart threshold.
 *  Leaves out: multipart uploads as such, file merging, entropy injection, throttling; a store in trouble is
 *    checkpoint-store-condition's. */

import type { Distribution, RandomStream, Simulation } from "../engine/index.ts";
import type { MetadataStorage } from "./checkpoint-driver.ts";
import type { CheckpointStorage, StorageWriter } from "./checkpoint-storage.ts";
import type { CheckpointStoreCondition } from "./checkpoint-store-condition.ts";
import type { ProcessorSharing } from "./processor-sharing.ts";
import type { StatePiece } from "./state-backend.ts";
import type { TaskStateSnapshot } from "./task-state-snapshot.ts";

/** Durations in ns, sizes in bytes. */
export interface FileSystemStorageSettings {
  /** number of this client of the store, payload a of its event. */
  readonly number: number;
  /** event kind: a request is accepted, b: the piece in hand. */
  readonly accepted: number;
  /** `execution.checkpointing.data-inline-threshold` */
  readonly inlineThreshold: number;
  /** Of a request, without its bytes. */
  readonly latency: Distribution;
  /** bytes a second, one stream. */
  readonly stream: number;
  /** `pekko.framesize` */
  readonly largestMessage: number;
}

/** What a client has asked of the store so far. */
export interface StorageCounts {
  puts: number;
  bytes: number;
  deletes: number;
}

interface Write {
  readonly pieces: readonly StatePiece[];
  readonly writer: StorageWriter;
  next: number;
  missing: number;
}

interface InHand {
  readonly write: number;
  readonly bytes: number;
  event: number;
  transfer: number;
}

/** Of `_metadata`: what a file's handle takes, and a subtask's entry besides.
 *  Source: MetadataV2V3SerializerBase: a handle has its path (some 100 characters), its size and its key groups. */
const HANDLE_BYTES = 150;
const SUBTASK_BYTES = 60;

/** One process that reads and writes the store. */
export class FileSystemCheckpointStorage implements CheckpointStorage, MetadataStorage {
  readonly inlineThreshold: number;
  readonly largestInline = Number.POSITIVE_INFINITY;
  readonly largestMessage: number;
  readonly counts: StorageCounts = { puts: 0, bytes: 0, deletes: 0 };
  readonly #sim: Simulation;
  readonly #settings: FileSystemStorageSettings;
  readonly #link: ProcessorSharing;
  readonly #store: CheckpointStoreCondition;
  readonly #random: RandomStream;
  readonly #writes = new Map<number, Write>();
  readonly #inHand = new Map<number, InHand>();
  #numbers = 0;

  constructor(
    sim: Simulation,
    settings: FileSystemStorageSettings,
    link: ProcessorSharing,
    store: CheckpointStoreCondition,
    random: RandomStream,
  ) {
    this.#sim = sim;
    this.#settings = settings;
    this.#link = link;
    this.#store = store;
    this.#random = random;
    this.inlineThreshold = settings.inlineThreshold;
    this.largestMessage = settings.largestMessage;
  }

  write(pieces: readonly StatePiece[], threads: number, at: number, writer: StorageWriter): number {
    const number = ++this.#numbers;
    const write = { pieces, writer, next: 0, missing: pieces.length };
    this.#writes.set(number, write);
    for (let i = 0; i < threads; i++) this.#request(number, write, at);
    return number;
  }

  cancel(number: number): void {
    this.#writes.delete(number);
    for (const [key, { write, event, transfer }] of this.#inHand) {
      if (write !== number) continue;
      this.#sim.cancel(event);
      this.#link.cancel(transfer);
      this.#inHand.delete(key);
    }
  }

  /** Handler of `accepted`. */
  onAccepted(number: number): void {
    const inHand = this.#inHand.get(number);
    if (inHand === undefined) return;
    if (this.#store.refusesFiles) {
      this.#refuse(inHand.write);
      return;
    }
    inHand.transfer = this.#link.begin(inHand.bytes, (at) => this.#stored(number, at));
  }

  /** The store refuses files from now on: what is being transferred fails. */
  refuseTransfers(): void {
    const writes = [...this.#inHand.values()].filter(({ transfer }) => transfer !== 0);
    for (const write of new Set(writes.map((inHand) => inHand.write))) this.#refuse(write);
  }

  get refusesFolders(): boolean {
    return this.#store.isUnavailable;
  }

  get refusesMetadata(): boolean {
    return this.#store.refusesMetadata;
  }

  metadataBytes(snapshots: Iterable<TaskStateSnapshot>): number {
    let bytes = 0;
    for (const { keyed, operator } of snapshots) {
      bytes += SUBTASK_BYTES + operator.bytes;
      for (const handle of keyed) bytes += handle.scope === "inline" ? handle.bytes : HANDLE_BYTES;
    }
    return bytes;
  }

  writeMetadata(bytes: number): number {
    this.#count(bytes);
    return this.#latency() + (bytes / this.#settings.stream) * this.#store.slowness * 1e9;
  }

  clean(): number {
    this.counts.deletes++;
    return this.#latency();
  }

  #request(number: number, write: Write, at: number): void {
    const piece = write.pieces[write.next];
    if (piece === undefined) return;
    write.next++;
    this.#count(piece.bytes);
    const key = ++this.#numbers;
    const { accepted, number: client } = this.#settings;
    const event = this.#sim.scheduleAt(Math.ceil(at + this.#latency()), accepted, client, key);
    this.#inHand.set(key, { write: number, bytes: piece.bytes, event, transfer: 0 });
  }

  #refuse(number: number): void {
    const write = this.#writes.get(number)!;
    this.cancel(number);
    write.writer.onRefused(number, this.#sim.now);
  }

  #stored(key: number, at: number): void {
    const inHand = this.#inHand.get(key)!;
    this.#inHand.delete(key);
    const write = this.#writes.get(inHand.write)!;
    if (--write.missing > 0) {
      this.#request(inHand.write, write, at);
      return;
    }
    this.#writes.delete(inHand.write);
    write.writer.onWritten(inHand.write, at);
  }

  #count(bytes: number): void {
    this.counts.puts++;
    this.counts.bytes += bytes;
  }

  #latency(): number {
    return Math.max(0, this.#settings.latency.sample(this.#random)) * this.#store.slowness;
  }
}
