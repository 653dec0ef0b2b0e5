/** Models: the mailbox of a task thread: mails in order of arrival, run between two records.
 *  Source: flink MailboxProcessor, TaskMailboxImpl (Flink 2.1).
 *  Leaves out: urgent mails (there are no unaligned checkpoints here), timers. */

import { Fifo } from "./fifo.ts";

export type MailKind = "trigger-checkpoint" | "notify-checkpoint-complete";

export interface Mail {
  readonly kind: MailKind;
  readonly checkpoint: number;
  /** ns, when the JobManager triggered the checkpoint. */
  readonly triggeredAt: number;
}

export class Mailbox {
  readonly #mails = new Fifo<Mail>();

  get isEmpty(): boolean {
    return this.#mails.length === 0;
  }

  put(mail: Mail): void {
    this.#mails.push(mail);
  }

  take(): Mail | undefined {
    return this.#mails.shift();
  }
}
