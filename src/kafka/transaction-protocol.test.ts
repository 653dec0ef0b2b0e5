import { fc, test as property } from "@fast-check/vitest";
import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_NOT_AVAILABLE,
  errorName,
  INVALID_PRODUCER_ID_MAPPING,
  INVALID_TRANSACTION_TIMEOUT,
  type KafkaError,
  NONE,
  PRODUCER_FENCED,
} from "./kafka-error.ts";
import type { TransitMetadata } from "./transaction-metadata.ts";
import {
  APPEND,
  type CoordinatorState,
  onAddPartitions,
  onAppended,
  onAppendFailed,
  onEndTxn,
  onExpire,
  onInitProducerId,
  onMarkersWritten,
  onSweep,
  REPLY,
  SEND_MARKERS,
  transactionCoordinator,
} from "./transaction-protocol.ts";
import { isLegalTransition, type TransactionState } from "./transaction-state.ts";

const ID = 5;
const MAX_TIMEOUT = 900;
const TIMEOUT = 60;

type Effect = readonly [effect: number, a: number, b: number];

/** A coordinator state with steps by hand; `request` 1 is always who asks. */
class Coordinator {
  readonly state: CoordinatorState = transactionCoordinator(MAX_TIMEOUT);
  /** States that were reached, in order. */
  readonly path: TransactionState[] = [];
  readonly #outbox = new Outbox();

  step(act: (outbox: Outbox) => void): Effect[] {
    this.#outbox.clear();
    act(this.#outbox);
    const { length, effects, a, b } = this.#outbox;
    return Array.from({ length }, (_, i) => [effects[i]!, a[i]!, b[i]!]);
  }

  get current(): TransitMetadata {
    return this.state.ids.get(ID)!.current;
  }

  init(now = 0, expected: { producerId: number; producerEpoch: number } | null = null, timeout = TIMEOUT) {
    return this.step((outbox) => onInitProducerId(this.state, 1, ID, timeout, expected, now, outbox));
  }

  add(partitions: readonly number[], now = 0, epoch = this.current.producerEpoch) {
    return this.step((outbox) =>
      onAddPartitions(this.state, 1, ID, this.current.producerId, epoch, partitions, 77, now, outbox),
    );
  }

  end(commit: boolean, version: 1 | 2, epoch = this.current.producerEpoch, now = 0) {
    return this.step((outbox) =>
      onEndTxn(this.state, 1, ID, this.current.producerId, epoch, commit, version, now, outbox),
    );
  }

  /** The pending transition becomes durable. */
  durable(): Effect[] {
    const effects = this.step((outbox) => onAppended(this.state, ID, outbox));
    if (this.state.ids.has(ID)) this.path.push(this.current.state);
    return effects;
  }

  marked(partitions: readonly number[]): Effect[] {
    return this.step((outbox) => onMarkersWritten(this.state, ID, partitions, 0, outbox));
  }

  /** Brings the id into `state`, with nothing pending. */
  reach(state: TransactionState, version: 1 | 2 = 1): this {
    this.init();
    this.durable();
    if (state === "Empty") return this;
    this.add([3, 4]);
    this.durable();
    if (state === "Ongoing") return this;
    this.end(state.endsWith("Commit"), version);
    this.durable();
    if (state.startsWith("Prepare")) return this;
    this.marked([3, 4]);
    this.durable();
    return this;
  }
}

const SETTLED = [
  "Empty",
  "Ongoing",
  "PrepareCommit",
  "PrepareAbort",
  "CompleteCommit",
  "CompleteAbort",
] as const;

/** The error of a step's only effect, or what the pending transition goes to. */
function outcome(coordinator: Coordinator, effects: readonly Effect[]): string {
  expect(effects).toHaveLength(1);
  const [[effect, a, b]] = effects as [Effect];
  if (effect === REPLY) {
    expect(a).toBe(1);
    expect(coordinator.state.ids.get(ID)?.pending ?? null).toBe(null);
    return errorName(b as KafkaError);
  }
  expect([effect, a]).toEqual([APPEND, ID]);
  const { pending, current } = coordinator.state.ids.get(ID)!;
  expect(isLegalTransition(current.state, pending!.state)).toBe(true);
  return `${pending!.state} ${pending!.producerEpoch}`;
}

describe("InitProducerId", () => {
  test("gives an unused id a producer id and epoch 0, once that is durable", () => {
    const coordinator = new Coordinator();
    expect(outcome(coordinator, coordinator.init())).toBe("Empty 0");
    expect(coordinator.durable()).toEqual([[REPLY, 1, NONE]]);
    expect(coordinator.current).toMatchObject({
      producerId: 0,
      producerEpoch: 0,
      state: "Empty",
      timeout: 60,
    });
  });

  test.each([
    ["Empty", "Empty 1"],
    ["CompleteCommit", "Empty 1"],
    ["CompleteAbort", "Empty 1"],
    ["PrepareCommit", "CONCURRENT_TRANSACTIONS"],
    ["PrepareAbort", "CONCURRENT_TRANSACTIONS"],
  ] as const)("on an id in %s: %s", (state, expected) => {
    const coordinator = new Coordinator().reach(state);
    expect(outcome(coordinator, coordinator.init())).toBe(expected);
  });

  test("over an open transaction fences and aborts it, tells the client to come back, and then gives the epoch after next", () => {
    const coordinator = new Coordinator().reach("Ongoing");
    expect(outcome(coordinator, coordinator.init())).toBe("PrepareAbort 1");
    expect(coordinator.current.state).toBe("PrepareEpochFence");
    expect(coordinator.init()).toEqual([[REPLY, 1, CONCURRENT_TRANSACTIONS]]);
    expect(coordinator.durable()).toEqual([
      [REPLY, 1, CONCURRENT_TRANSACTIONS],
      [SEND_MARKERS, ID, 0],
    ]);
    expect(coordinator.marked([3, 4])).toEqual([[APPEND, ID, 0]]);
    expect(coordinator.durable()).toEqual([]);
    expect(outcome(coordinator, coordinator.init())).toBe("Empty 2");
  });

  test("refuses a time-out above the brokers' and leaves the id unknown", () => {
    const coordinator = new Coordinator();
    expect(coordinator.init(0, null, MAX_TIMEOUT + 1)).toEqual([[REPLY, 1, INVALID_TRANSACTION_TIMEOUT]]);
    expect(coordinator.state.ids.size).toBe(0);
  });

  test.each([
    ["its own epoch: the next one", 0, 1, "Empty 2"],
    ["the epoch before, which a retry has: the current one again", 0, 0, "Empty 1"],
    ["an epoch that was never its own: fenced", 0, 7, "PRODUCER_FENCED"],
    ["another producer id: fenced", 9, 1, "PRODUCER_FENCED"],
  ] as const)("of a producer that names %s", (_, producerId, producerEpoch, expected) => {
    const coordinator = new Coordinator().reach("Empty");
    coordinator.init(0, { producerId: 0, producerEpoch: 0 });
    coordinator.durable();
    expect(coordinator.current).toMatchObject({ producerEpoch: 1, lastProducerEpoch: 0 });
    expect(outcome(coordinator, coordinator.init(0, { producerId, producerEpoch }))).toBe(expected);
  });

  test("by somebody else takes the old owner's right to a new epoch", () => {
    const coordinator = new Coordinator().reach("Empty");
    coordinator.init();
    coordinator.durable();
    expect(coordinator.init(0, { producerId: 0, producerEpoch: 0 })).toEqual([[REPLY, 1, PRODUCER_FENCED]]);
  });

  test("takes a new producer id when the epochs are used up", () => {
    const coordinator = new Coordinator().reach("Empty");
    const metadata = coordinator.state.ids.get(ID)!;
    metadata.current = { ...metadata.current, producerEpoch: 32_766 };
    expect(outcome(coordinator, coordinator.init())).toBe("Empty 0");
    coordinator.durable();
    expect(coordinator.current).toMatchObject({ producerId: 1, previousProducerId: 0 });
  });
});

describe("AddPartitionsToTxn", () => {
  test.each([
    ["Empty", "Ongoing 0"],
    ["Ongoing", "Ongoing 0"],
    ["PrepareCommit", "CONCURRENT_TRANSACTIONS"],
    ["PrepareAbort", "CONCURRENT_TRANSACTIONS"],
    ["CompleteCommit", "Ongoing 0"],
    ["CompleteAbort", "Ongoing 0"],
  ] as const)("on an id in %s: %s", (state, expected) => {
    const coordinator = new Coordinator().reach(state);
    expect(outcome(coordinator, coordinator.add([8]))).toBe(expected);
  });

  test("starts the clock with the first partition and adds each one once", () => {
    const coordinator = new Coordinator().reach("Empty");
    coordinator.add([3], 40);
    coordinator.durable();
    coordinator.add([4, 3], 50);
    expect(coordinator.durable()).toEqual([[REPLY, 1, NONE]]);
    expect(coordinator.current).toMatchObject({ partitions: [3, 4], startedAt: 40, updatedAt: 50 });
    expect(coordinator.add([4])).toEqual([[REPLY, 1, NONE]]);
  });

  test("is refused to strangers, to fenced producers, and while another transition is written", () => {
    const coordinator = new Coordinator();
    const stranger = coordinator.step((outbox) =>
      onAddPartitions(coordinator.state, 1, ID, 0, 0, [3], 77, 0, outbox),
    );
    expect(stranger).toEqual([[REPLY, 1, INVALID_PRODUCER_ID_MAPPING]]);
    coordinator.reach("Empty");
    const other = coordinator.step((outbox) =>
      onAddPartitions(coordinator.state, 1, ID, 6, 0, [3], 77, 0, outbox),
    );
    expect(other).toEqual([[REPLY, 1, INVALID_PRODUCER_ID_MAPPING]]);
    expect(coordinator.add([3], 0, 4)).toEqual([[REPLY, 1, PRODUCER_FENCED]]);
    coordinator.add([3]);
    expect(coordinator.add([4])).toEqual([[REPLY, 1, CONCURRENT_TRANSACTIONS]]);
  });
});

/** By state: commit and abort with the current epoch, then with the one before. "fenced": PRODUCER_FENCED, "state":
 *  INVALID_TXN_STATE, "later": CONCURRENT_TRANSACTIONS, "ok": NONE; else the transition. */
type Row = readonly [commit: string, abort: string, retriedCommit: string, retriedAbort: string];
const NAMES: Readonly<Record<string, string>> = {
  fenced: "PRODUCER_FENCED",
  state: "INVALID_TXN_STATE",
  later: "CONCURRENT_TRANSACTIONS",
  ok: "NONE",
};

describe("EndTxn, version 1", () => {
  const TABLE: Readonly<Record<(typeof SETTLED)[number], Row>> = {
    Empty: ["state", "state", "fenced", "fenced"],
    Ongoing: ["PrepareCommit 0", "PrepareAbort 0", "fenced", "fenced"],
    PrepareCommit: ["later", "state", "fenced", "fenced"],
    PrepareAbort: ["state", "later", "fenced", "fenced"],
    CompleteCommit: ["ok", "state", "fenced", "fenced"],
    CompleteAbort: ["state", "ok", "fenced", "fenced"],
  };
  test.each(SETTLED)("on an id in %s", (state) => {
    const answers = [true, false, true, false].map((commit, i) => {
      const coordinator = new Coordinator().reach(state, 1);
      const epoch = coordinator.current.producerEpoch - (i < 2 ? 0 : 1);
      return outcome(coordinator, coordinator.end(commit, 1, epoch));
    });
    expect(answers).toEqual(TABLE[state].map((answer) => NAMES[answer] ?? answer));
  });
});

describe("EndTxn, version 2", () => {
  // In Complete… the epoch is 1: it was bumped with Prepare….
  const TABLE: Readonly<Record<(typeof SETTLED)[number], Row>> = {
    Empty: ["state", "PrepareAbort 1", "fenced", "fenced"],
    Ongoing: ["PrepareCommit 1", "PrepareAbort 1", "fenced", "fenced"],
    PrepareCommit: ["fenced", "fenced", "later", "state"],
    PrepareAbort: ["fenced", "fenced", "state", "later"],
    CompleteCommit: ["state", "PrepareAbort 2", "ok", "state"],
    CompleteAbort: ["state", "PrepareAbort 2", "state", "ok"],
  };
  test.each(SETTLED)("on an id in %s", (state) => {
    const answers = [true, false, true, false].map((commit, i) => {
      const coordinator = new Coordinator().reach(state, 2);
      const epoch = coordinator.current.producerEpoch - (i < 2 ? 0 : 1);
      return outcome(coordinator, coordinator.end(commit, 2, epoch));
    });
    expect(answers).toEqual(TABLE[state].map((answer) => NAMES[answer] ?? answer));
  });

  test("takes a new producer id with epoch 0 when the epochs are used up, and still knows a retry", () => {
    const coordinator = new Coordinator().reach("Ongoing");
    const metadata = coordinator.state.ids.get(ID)!;
    metadata.current = { ...metadata.current, producerEpoch: 32_766 };
    expect(outcome(coordinator, coordinator.end(true, 2))).toBe("PrepareCommit 0");
    coordinator.durable();
    coordinator.marked([3, 4]);
    coordinator.durable();
    expect(coordinator.current).toMatchObject({ producerId: 1, previousProducerId: 0 });
    const retry = coordinator.step((outbox) =>
      onEndTxn(coordinator.state, 1, ID, 0, 32_766, true, 2, 0, outbox),
    );
    expect(retry).toEqual([[REPLY, 1, NONE]]);
  });

  test("aborts a transaction that got no partition, without markers", () => {
    const coordinator = new Coordinator().reach("Empty");
    coordinator.end(false, 2);
    expect(coordinator.durable()).toEqual([
      [REPLY, 1, NONE],
      [SEND_MARKERS, ID, 0],
    ]);
    expect(coordinator.marked([])).toEqual([[APPEND, ID, 0]]);
    coordinator.durable();
    expect(coordinator.path).toEqual(["Empty", "PrepareAbort", "CompleteAbort"]);
  });
});

describe("EndTxn", () => {
  test.each([1, 2] as const)(
    "is refused to strangers and while another transition is written (version %i)",
    (version) => {
      const coordinator = new Coordinator();
      const end = (producerId: number): Effect[] =>
        coordinator.step((outbox) =>
          onEndTxn(coordinator.state, 1, ID, producerId, 0, true, version, 0, outbox),
        );
      expect(end(0)).toEqual([[REPLY, 1, INVALID_PRODUCER_ID_MAPPING]]);
      coordinator.reach("Ongoing");
      expect(end(4)).toEqual([[REPLY, 1, INVALID_PRODUCER_ID_MAPPING]]);
      coordinator.add([9]);
      expect(end(0)).toEqual([[REPLY, 1, CONCURRENT_TRANSACTIONS]]);
    },
  );

  test("is answered when it is durable; the transaction is complete when every partition has its marker", () => {
    const coordinator = new Coordinator().reach("Ongoing");
    expect(coordinator.end(true, 1)).toEqual([[APPEND, ID, 0]]);
    expect(coordinator.durable()).toEqual([
      [REPLY, 1, NONE],
      [SEND_MARKERS, ID, 1],
    ]);
    expect(coordinator.marked([4])).toEqual([]);
    expect(coordinator.current.partitions).toEqual([3]);
    expect(coordinator.marked([3])).toEqual([[APPEND, ID, 0]]);
    expect(coordinator.durable()).toEqual([]);
    expect(coordinator.path).toEqual(["Empty", "Ongoing", "PrepareCommit", "CompleteCommit"]);
    expect(coordinator.state.ids.get(ID)).toMatchObject({ transaction: 0, pending: null });
  });
});

describe("the look for timed-out transactions", () => {
  test("fences and aborts what has been open for longer than its time-out, and nothing else", () => {
    const coordinator = new Coordinator().reach("Ongoing");
    const sweep = (now: number): Effect[] =>
      coordinator.step((outbox) => onSweep(coordinator.state, now, outbox));
    expect(sweep(TIMEOUT)).toEqual([]);
    expect(sweep(TIMEOUT + 1)).toEqual([[APPEND, ID, 0]]);
    // Nobody asked for it, so nobody is answered.
    expect(coordinator.durable()).toEqual([[SEND_MARKERS, ID, 0]]);
    expect(coordinator.current).toMatchObject({ state: "PrepareAbort", producerEpoch: 1 });
    expect(sweep(10 * TIMEOUT)).toEqual([]);
  });

  test.each(SETTLED.filter((state) => state !== "Ongoing"))("leaves an id in %s alone", (state) => {
    const coordinator = new Coordinator().reach(state);
    expect(coordinator.step((outbox) => onSweep(coordinator.state, 1e9, outbox))).toEqual([]);
  });
});

describe("the look for expired ids", () => {
  test.each(SETTLED)("takes only those that are idle: %s", (state) => {
    const coordinator = new Coordinator().reach(state);
    const idle = state === "Empty" || state.startsWith("Complete");
    const expire = (now: number): Effect[] =>
      coordinator.step((outbox) => onExpire(coordinator.state, now, 600, outbox));
    expect(expire(599)).toEqual([]);
    expect(expire(600)).toEqual(idle ? [[APPEND, ID, 0]] : []);
    if (!idle) return;
    coordinator.durable();
    expect(coordinator.state.ids.size).toBe(0);
  });
});

describe("a write that fails", () => {
  test("leaves the id as it was, and the client comes back", () => {
    const coordinator = new Coordinator().reach("Ongoing");
    const before = structuredClone(coordinator.current);
    coordinator.end(true, 2);
    const effects = coordinator.step((outbox) => onAppendFailed(coordinator.state, ID, outbox));
    expect(effects).toEqual([[REPLY, 1, COORDINATOR_NOT_AVAILABLE]]);
    expect(coordinator.current).toEqual(before);
  });

  test("of a fenced epoch fences with the same epoch the next time", () => {
    const coordinator = new Coordinator().reach("Ongoing");
    coordinator.init();
    coordinator.step((outbox) => onAppendFailed(coordinator.state, ID, outbox));
    expect(outcome(coordinator, coordinator.init())).toBe("PrepareAbort 1");
  });

  test("of what is decided is tried again", () => {
    const coordinator = new Coordinator().reach("PrepareCommit");
    coordinator.marked([3, 4]);
    expect(coordinator.step((outbox) => onAppendFailed(coordinator.state, ID, outbox))).toEqual([
      [APPEND, ID, 0],
    ]);
  });
});

describe("whatever the clients do", () => {
  const acts = fc.array(
    fc.record({
      kind: fc.constantFrom("init", "add", "commit", "abort", "durable", "fails", "marked", "sweep"),
      epochBehind: fc.integer({ min: 0, max: 2 }),
      version: fc.constantFrom(1, 2),
      partition: fc.integer({ min: 0, max: 2 }),
    }),
    { maxLength: 60 },
  );

  property.prop([acts], { numRuns: 300 })(
    "transitions are legal, epochs never go back, and what is decided stays decided",
    (steps) => {
      const coordinator = new Coordinator();
      let now = 0;
      let epoch = -1;
      coordinator.init(now);
      for (const { kind, epochBehind, version, partition } of steps) {
        now += 25;
        const metadata = coordinator.state.ids.get(ID)!;
        const before = metadata.current;
        const pending = metadata.pending;
        const sent = Math.max(0, before.producerEpoch - epochBehind);
        if (kind === "init") coordinator.init(now);
        else if (kind === "add") coordinator.add([partition], now, sent);
        else if (kind === "commit" || kind === "abort") {
          coordinator.end(kind === "commit", version as 1 | 2, sent, now);
        } else if (kind === "durable" && pending !== null) coordinator.durable();
        else if (kind === "fails" && pending !== null) {
          coordinator.step((outbox) => onAppendFailed(coordinator.state, ID, outbox));
        } else if (kind === "marked" && pending === null && before.state.startsWith("Prepare")) {
          coordinator.marked(before.partitions.slice(0, partition + 1));
        } else if (kind === "sweep") coordinator.step((outbox) => onSweep(coordinator.state, now, outbox));
        const { current } = coordinator.state.ids.get(ID)!;
        if (current.state !== before.state && metadata.hasFailedEpochFence === false) {
          expect(isLegalTransition(before.state, current.state)).toBe(true);
        }
        if (before.state === "PrepareCommit") expect(current.state).toMatch(/Commit$/);
        if (before.state === "PrepareAbort") expect(current.state).toMatch(/Abort$/);
        expect(current.producerEpoch).toBeGreaterThanOrEqual(epoch);
        epoch = current.producerEpoch;
      }
    },
  );
});
