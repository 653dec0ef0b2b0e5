/** Models: how a task comes to its end once its input has ended: it has handed on everything and said so (EndOfData), takes
 *    part in checkpoints until one that was begun after that completes, and until all that it has sent is processed; then it
 *    finishes. Without checkpoints after tasks have finished it does so at once.
 *  Source: flink StreamTask.endData, performCheckpoint (finalCheckpointMinId), notifyCheckpointComplete, afterInvoke
 *    (Flink 2.1).
 *  Leaves out: nothing of the above. */

import { invariant } from "../engine/index.ts";

export interface EndOfInputSettings {
  /** Checkpoints are taken, also after tasks have finished: no task finishes before its last one has completed. */
  readonly waitsForFinalCheckpoint: boolean;
  /** The task has handed on everything: the JobManager is told. */
  readonly onEndOfData: () => void;
  /** The task has nothing more to wait for, and ends. */
  readonly onFinished: () => void;
}

export class EndOfInput {
  readonly #settings: EndOfInputSettings;
  /** Channels of the input whose data goes on, those that have not ended, and by channel whether it hasn't. */
  #openData: number;
  #openPartitions: number;
  readonly #isOpen: boolean[];
  /** Channels of the output whose receivers have not processed everything. */
  #unprocessed = 0;
  #isDataEnded = false;
  /** The first checkpoint that was begun after the end of the data; 0: none yet. */
  #finalCheckpoint = 0;
  #isFinalCompleted = false;

  /** @param inputs number of input channels. */
  constructor(settings: EndOfInputSettings, inputs: number) {
    this.#settings = settings;
    this.#openData = inputs;
    this.#openPartitions = inputs;
    this.#isOpen = new Array<boolean>(inputs).fill(true);
  }

  /** Everything is handed on: nothing is served or emitted any more. */
  get isDataEnded(): boolean {
    return this.#isDataEnded;
  }

  /** There is nothing to wait for any more. */
  get isOver(): boolean {
    if (!this.#isDataEnded || this.#openPartitions > 0) return false;
    return !this.#settings.waitsForFinalCheckpoint || (this.#isFinalCompleted && this.#unprocessed === 0);
  }

  /** The operators are finished, and EndOfData goes out through so many channels. */
  endData(outputs: number): void {
    invariant(!this.#isDataEnded, "data ends once");
    this.#isDataEnded = true;
    this.#unprocessed = outputs;
    this.#settings.onEndOfData();
  }

  /** The data of a channel of the input has ended. @returns whether that of all has. */
  endDataOfInput(): boolean {
    this.#openData--;
    invariant(this.#openData >= 0, "the data of a channel ends once");
    return this.#openData === 0;
  }

  /** The partition behind the channel of the input at this place has ended. */
  endPartition(input: number): void {
    invariant(this.#isOpen[input] === true, "a partition ends once");
    this.#isOpen[input] = false;
    this.#openPartitions--;
  }

  /** Places of the channels whose partitions go on. */
  get openInputs(): number[] {
    return [...this.#isOpen.keys()].filter((input) => this.#isOpen[input]);
  }

  /** The receiver behind a channel of the output has processed everything. */
  onAllRecordsProcessed(): void {
    this.#unprocessed--;
  }

  /** The task begins its part in a checkpoint. */
  beginCheckpoint(checkpoint: number): void {
    if (this.#isDataEnded && this.#finalCheckpoint === 0) this.#finalCheckpoint = checkpoint;
  }

  /** A checkpoint has completed, as the task hears. */
  completeCheckpoint(checkpoint: number): void {
    if (this.#finalCheckpoint > 0 && checkpoint >= this.#finalCheckpoint) this.#isFinalCompleted = true;
  }

  finish(): void {
    this.#settings.onFinished();
  }
}
