/** Models: the mailbox of a task thread: mails in order of arrival, urgent ones before the others, run between two records.
 *  Source: flink MailboxProcessor, TaskMailboxImpl (Flink 2.1; FLINK-35051 for urgent mails).
 *  Leaves out: timers but that of latency markers. */

import type { CheckpointProperties } from "./checkpoint-properties.ts";
import { Fifo } from "./fifo.ts";

/** From the JobManager: a trigger, a completion or an abort; `other` is of a completion the checkpoint that it subsumed, of an
 *  abort the latest completed one; 0: none. From the task's own input: `priority-barrier`, a barrier that overtakes is in
 *  `channel`; `announcement`, a timeoutable one is on its way; `alignment-timeout`, it took too long.
 *  From its timer: `latency-marker`, one is due. */
export interface Mail {
  readonly kind:
    | "trigger-checkpoint"
    | "notify-checkpoint-complete"
    | "notify-checkpoint-aborted"
    | "priority-barrier"
    | "announcement"
    | "alignment-timeout"
    | "latency-marker";
  readonly checkpoint: number;
  /** ns, when the JobManager triggered the checkpoint. */
  readonly triggeredAt: number;
  readonly properties: CheckpointProperties;
  readonly other: number;
  /** position of an input channel. */
  readonly channel?: number;
}

export class Mailbox {
  readonly #mails = new Fifo<Mail>();
  readonly #urgent = new Fifo<Mail>();

  get length(): number {
    return this.#mails.length + this.#urgent.length;
  }

  get isEmpty(): boolean {
    return this.#mails.length === 0 && this.#urgent.length === 0;
  }

  put(mail: Mail): void {
    this.#mails.push(mail);
  }

  putUrgent(mail: Mail): void {
    this.#urgent.push(mail);
  }

  take(): Mail | undefined {
    return this.#urgent.length > 0 ? this.#urgent.shift() : this.#mails.shift();
  }
}
