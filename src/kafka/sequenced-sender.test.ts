import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  ANSWER_AGAIN,
  APPEND_BATCH,
  LAST_SEQUENCE,
  onBatch,
  producerState,
  REFUSE_INVALID_PRODUCER_EPOCH,
} from "./producer-state.ts";
import {
  ABORTABLE_ERROR,
  COMPLETE_BATCH,
  FAIL_BATCH,
  mayDrain,
  onAnswer,
  onDeliveryTimeout,
  onDrain,
  onRetry,
  PRODUCER_FENCED,
  type ProduceAnswer,
  SEND_BATCH,
  type SequencedSender,
  sequencedSender,
} from "./sequenced-sender.ts";

/** What one step asked for: [effect, a, b]. */
function effects(step: (outbox: Outbox) => void): readonly (readonly number[])[] {
  const outbox = new Outbox();
  step(outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!]);
}

const drain = (sender: SequencedSender, batch: number, records = 1) =>
  effects((outbox) => onDrain(sender, 0, batch, records, outbox));
const retry = (sender: SequencedSender) => effects((outbox) => onRetry(sender, 0, outbox));
const answer = (sender: SequencedSender, batch: number, what: ProduceAnswer) =>
  effects((outbox) => onAnswer(sender, 0, batch, what, outbox));
const giveUp = (sender: SequencedSender, batch: number) =>
  effects((outbox) => onDeliveryTimeout(sender, 0, batch, outbox));

describe("sequence numbers", () => {
  test("count records, per partition, in the order of draining", () => {
    const sender = sequencedSender(1, 2, false);
    expect(drain(sender, 1, 3)).toEqual([[SEND_BATCH, 1, 0]]);
    expect(drain(sender, 2, 2)).toEqual([[SEND_BATCH, 2, 3]]);
    expect(effects((outbox) => onDrain(sender, 1, 3, 1, outbox))).toEqual([[SEND_BATCH, 3, 0]]);
    expect(answer(sender, 1, "NONE")).toEqual([[COMPLETE_BATCH, 1, 0]]);
    expect(answer(sender, 2, "DUPLICATE_SEQUENCE_NUMBER")).toEqual([[COMPLETE_BATCH, 2, 0]]);
    expect(drain(sender, 4)).toEqual([[SEND_BATCH, 4, 5]]);
  });

  test("stay on every retry, and nothing overtakes: one batch at a time until the first is through", () => {
    const sender = sequencedSender(1, 1, false);
    for (const batch of [1, 2, 3]) drain(sender, batch);
    answer(sender, 3, "NOT_ANSWERED");
    answer(sender, 2, "NOT_ANSWERED");
    expect(mayDrain(sender, 0)).toBe(false);
    expect(() => drain(sender, 4)).toThrow("waits behind retries");
    expect(retry(sender)).toEqual([]); // 1 is still under way
    answer(sender, 1, "NOT_ENOUGH_REPLICAS");
    expect(retry(sender)).toEqual([[SEND_BATCH, 1, 0]]);
    expect(retry(sender)).toEqual([]);
    answer(sender, 1, "NONE");
    expect(retry(sender)).toEqual([[SEND_BATCH, 2, 1]]);
    answer(sender, 2, "NONE");
    expect(retry(sender)).toEqual([[SEND_BATCH, 3, 2]]);
    answer(sender, 3, "NONE");
    expect(mayDrain(sender, 0)).toBe(true);
  });

  test("the first of all goes again at once, though those behind it are still under way", () => {
    const sender = sequencedSender(1, 1, false);
    for (const batch of [1, 2, 3]) drain(sender, batch);
    answer(sender, 1, "NOT_ENOUGH_REPLICAS");
    expect(retry(sender)).toEqual([[SEND_BATCH, 1, 0]]);
    expect(drain(sender, 4)).toEqual([[SEND_BATCH, 4, 3]]); // nothing waits any more
    answer(sender, 2, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    expect(retry(sender)).toEqual([]); // 1 is under way
    answer(sender, 1, "NONE");
    expect(retry(sender)).toEqual([[SEND_BATCH, 2, 1]]);
    expect(sender.producerEpoch).toBe(0);
  });

  test("wrap behind the largest int", () => {
    const sender = sequencedSender(1, 1, false);
    const partition = sender.partitions[0]!;
    partition.nextSequence = partition.acknowledgedTo = LAST_SEQUENCE;
    expect(drain(sender, 1, 2)).toEqual([[SEND_BATCH, 1, LAST_SEQUENCE]]);
    expect(drain(sender, 2, 1)).toEqual([[SEND_BATCH, 2, 1]]);
    answer(sender, 2, "NOT_ANSWERED");
    answer(sender, 1, "NOT_ANSWERED");
    expect(retry(sender)).toEqual([[SEND_BATCH, 1, LAST_SEQUENCE]]);
  });
});

describe("a sequence that can't be continued", () => {
  test("the next expected batch is out of order: an idempotent producer begins a new epoch from 0", () => {
    const sender = sequencedSender(1, 1, false);
    drain(sender, 1);
    answer(sender, 1, "NONE");
    drain(sender, 2);
    drain(sender, 3);
    expect(answer(sender, 2, "OUT_OF_ORDER_SEQUENCE_NUMBER")).toEqual([]);
    expect(sender.producerEpoch).toBe(1);
    answer(sender, 3, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    expect(sender.partitions[0]!.retries.map((batch) => [batch.batch, batch.producerEpoch])).toEqual([
      [2, 1],
      [3, 1],
    ]);
    expect(sender.producerEpoch).toBe(1);
  });

  test("in a transaction it is an error that only an abort ends", () => {
    const sender = sequencedSender(1, 1, true);
    drain(sender, 1);
    expect(answer(sender, 1, "OUT_OF_ORDER_SEQUENCE_NUMBER")).toEqual([[ABORTABLE_ERROR, 0, 0]]);
    expect(sender.producerEpoch).toBe(0);
  });

  test("given up after it had failed: the partition waits, and a refusal of the next one begins a new epoch", () => {
    const sender = sequencedSender(1, 1, false);
    for (const batch of [1, 2, 3]) drain(sender, batch);
    answer(sender, 1, "NOT_ANSWERED");
    expect(giveUp(sender, 1)).toEqual([[FAIL_BATCH, 1, 0]]);
    expect(mayDrain(sender, 0)).toBe(false);
    answer(sender, 3, "OUT_OF_ORDER_SEQUENCE_NUMBER"); // behind 2, which may be fine
    expect(sender.producerEpoch).toBe(0);
    answer(sender, 2, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    expect(sender.producerEpoch).toBe(1);
    expect(retry(sender)).toEqual([[SEND_BATCH, 2, 0]]);
    expect(answer(sender, 1, "NONE")).toEqual([]); // too late
  });

  test("given up while others wait to be sent again: the leader may know them, so they keep their numbers", () => {
    const sender = sequencedSender(1, 1, false);
    for (const batch of [1, 2]) drain(sender, batch);
    for (const batch of [1, 2]) answer(sender, batch, "NOT_ANSWERED");
    giveUp(sender, 1);
    expect(retry(sender)).toEqual([[SEND_BATCH, 2, 1]]);
    answer(sender, 2, "NONE");
    expect(sender.producerEpoch).toBe(0);
    expect(drain(sender, 3)).toEqual([[SEND_BATCH, 3, 2]]);
  });

  test("given up, and so was all behind it: a new epoch begins, in a transaction it is an error", () => {
    const idempotent = sequencedSender(1, 1, false);
    const transactional = sequencedSender(1, 1, true);
    for (const sender of [idempotent, transactional]) {
      drain(sender, 1);
      answer(sender, 1, "NOT_ANSWERED");
    }
    expect(giveUp(idempotent, 1)).toEqual([[FAIL_BATCH, 1, 0]]);
    expect(idempotent.producerEpoch).toBe(1);
    expect(giveUp(transactional, 1)).toEqual([
      [FAIL_BATCH, 1, 0],
      [ABORTABLE_ERROR, 0, 0],
    ]);
  });

  test("given up in its first request: nobody waits, and what comes next has the numbers behind it", () => {
    const sender = sequencedSender(1, 1, false);
    drain(sender, 1);
    giveUp(sender, 1);
    expect(drain(sender, 2)).toEqual([[SEND_BATCH, 2, 1]]);
    answer(sender, 2, "OUT_OF_ORDER_SEQUENCE_NUMBER"); // so batch 1 isn't in the log, which nobody suspects
    expect(sender.producerEpoch).toBe(0);
    giveUp(sender, 2);
    expect(sender.producerEpoch).toBe(1);
    expect(drain(sender, 3)).toEqual([[SEND_BATCH, 3, 0]]);
  });

  test("given up, but what followed was appended: the sequence goes on", () => {
    const sender = sequencedSender(1, 1, false);
    drain(sender, 1);
    drain(sender, 2);
    answer(sender, 1, "NOT_ANSWERED");
    giveUp(sender, 1);
    answer(sender, 2, "NONE"); // so batch 1 is in the log
    expect(sender.producerEpoch).toBe(0);
    expect(drain(sender, 3)).toEqual([[SEND_BATCH, 3, 2]]);
  });

  test("a fenced transaction ends its producer, an idempotent one begins anew", () => {
    const transactional = sequencedSender(1, 1, true);
    drain(transactional, 1);
    expect(answer(transactional, 1, "INVALID_PRODUCER_EPOCH")).toEqual([
      [FAIL_BATCH, 1, 0],
      [PRODUCER_FENCED, 0, 0],
    ]);
    const idempotent = sequencedSender(1, 1, false);
    drain(idempotent, 1);
    expect(answer(idempotent, 1, "INVALID_PRODUCER_EPOCH")).toEqual([[FAIL_BATCH, 1, 0]]);
    expect(idempotent.producerEpoch).toBe(1);
  });

  test("the other partitions take up the new epoch once nothing of theirs is under way", () => {
    const sender = sequencedSender(1, 2, false);
    effects((outbox) => onDrain(sender, 1, 9, 4, outbox));
    drain(sender, 1);
    answer(sender, 1, "OUT_OF_ORDER_SEQUENCE_NUMBER");
    expect(mayDrain(sender, 1)).toBe(false);
    effects((outbox) => onAnswer(sender, 1, 9, "NONE", outbox));
    expect(effects((outbox) => onDrain(sender, 1, 10, 1, outbox))).toEqual([[SEND_BATCH, 10, 0]]);
  });
});

/** One producer, one leader, and connections that lose what is on them. `remember`: batches that the leader recognises. */
class Wire {
  readonly sender = sequencedSender(1, 1, false);
  readonly log: number[] = [];
  readonly #idempotent: boolean;
  readonly #leader = producerState();
  readonly #requests: { batch: number; baseSequence: number; producerEpoch: number }[] = [];
  /** Sent over a connection that is gone, and still in the broker's hands. */
  readonly #stray: { batch: number; baseSequence: number; producerEpoch: number }[] = [];
  readonly #answers: (readonly [number, ProduceAnswer])[] = [];
  #batches = 0;

  constructor(idempotent: boolean) {
    this.#idempotent = idempotent;
  }

  get quiet(): boolean {
    const { inFlight, retries } = this.sender.partitions[0]!;
    return inFlight.length === 0 && retries.length === 0;
  }

  do(action: number): void {
    if (action === 0 && mayDrain(this.sender, 0) && this.sender.partitions[0]!.inFlight.length < 5) {
      this.#send((outbox) => onDrain(this.sender, 0, ++this.#batches, 1, outbox));
    } else if (action === 1) this.#send((outbox) => onRetry(this.sender, 0, outbox));
    else if (action === 2) this.#receive(this.#requests.shift(), true);
    else if (action === 3) this.#answer();
    else if (action === 4) this.#lose();
    else if (action === 5) this.#receive(this.#stray.shift(), false);
  }

  #send(step: (outbox: Outbox) => void): void {
    for (const [effect, batch, baseSequence] of effects(step)) {
      expect(effect).toBe(SEND_BATCH);
      const { producerEpoch } = this.sender.partitions[0]!.inFlight.at(-1)!;
      this.#requests.push({ batch: batch!, baseSequence: baseSequence!, producerEpoch });
    }
  }

  #receive(
    request: { batch: number; baseSequence: number; producerEpoch: number } | undefined,
    answered: boolean,
  ): void {
    if (request === undefined) return;
    const outbox = new Outbox();
    const batch = { ...request, producerId: 1, records: 1, transactional: false };
    if (this.#idempotent) onBatch(this.#leader, batch, this.log.length, 1, outbox);
    else outbox.add(APPEND_BATCH);
    const effect = outbox.effects[0]!;
    if (effect === APPEND_BATCH) this.log.push(request.batch);
    const said =
      effect === APPEND_BATCH
        ? "NONE"
        : effect === ANSWER_AGAIN
          ? "DUPLICATE_SEQUENCE_NUMBER"
          : effect === REFUSE_INVALID_PRODUCER_EPOCH
            ? "INVALID_PRODUCER_EPOCH"
            : "OUT_OF_ORDER_SEQUENCE_NUMBER";
    if (answered) this.#answers.push([request.batch, said]);
  }

  #answer(): void {
    const answered = this.#answers.shift();
    if (answered !== undefined) answer(this.sender, 0 + answered[0], answered[1]);
  }

  /** The connection breaks: nothing on it is answered; what the broker had read it may still append. */
  #lose(): void {
    this.#stray.push(...this.#requests.splice(0, 1));
    this.#requests.length = 0;
    this.#answers.length = 0;
    for (const { batch } of [...this.sender.partitions[0]!.inFlight])
      answer(this.sender, batch, "NOT_ANSWERED");
  }

  /** Everything gets through in the end. */
  finish(): void {
    for (let round = 0; round < 1000 && !this.quiet; round++) for (const action of [1, 2, 3]) this.do(action);
    while (this.#stray.length > 0) this.do(5);
  }

  get handedOver(): number[] {
    return Array.from({ length: this.#batches }, (_, i) => i + 1);
  }
}

const actions = fc.array(fc.nat({ max: 5 }), { minLength: 1, maxLength: 120 });

property.prop([actions], { numRuns: 400 })(
  "whatever connections lose, each batch is in the log once and in order",
  (plan) => {
    const wire = new Wire(true);
    for (const action of plan) wire.do(action);
    wire.finish();
    expect(wire.quiet).toBe(true);
    expect(wire.log).toEqual(wire.handedOver);
    expect(wire.sender.producerEpoch).toBe(0);
  },
);

test("without idempotence a lost answer appends its batch twice", () => {
  const wire = new Wire(false);
  for (const action of [0, 2, 4]) wire.do(action);
  wire.finish();
  expect(wire.log).toEqual([1, 1]);
});
