/** Models: checkpoints in the JobManager's memory: all state travels in the acknowledgement, and what is too large fails.
 *  Source: flink JobManagerCheckpointStorage, MemCheckpointStreamFactory, RemoteRpcInvocation (Flink 2.1).
 *  Leaves out: the JobManager's heap, the time that a large message takes on the network, a metadata folder beside it. */

import { invariant } from "../engine/index.ts";
import type { MetadataStorage } from "./checkpoint-driver.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";

/** Largest piece of state. Source: JobManagerCheckpointStorage.DEFAULT_MAX_STATE_SIZE. */
export const LARGEST_STATE_IN_MEMORY = 5 * 1024 * 1024;

export class JobManagerCheckpointStorage implements CheckpointStorage, MetadataStorage {
  readonly inlineThreshold = Number.POSITIVE_INFINITY;
  readonly largestInline = LARGEST_STATE_IN_MEMORY;
  readonly largestMessage: number;
  readonly refusesFolders = false;
  readonly refusesMetadata = false;

  /** @param largestMessage `pekko.framesize`, bytes. */
  constructor(largestMessage: number) {
    this.largestMessage = largestMessage;
  }

  write(): number {
    invariant(false, "nothing is uploaded where all state travels in the acknowledgement");
  }

  cancel(): void {}

  /** There is no file. */
  metadataBytes(): number {
    return 0;
  }

  writeMetadata(): number {
    return 0;
  }

  clean(): number {
    return 0;
  }
}
