import { describe, expect, test } from "vitest";
import { ConstantDistribution, RandomStream, Simulation } from "../engine/index.ts";
import { CHECKPOINT_FAILURE_REASONS } from "./checkpoint-failure-reason.ts";
import { PERIODIC_CHECKPOINT } from "./checkpoint-properties.ts";
import type { CheckpointStorage } from "./checkpoint-storage.ts";
import { FileSystemCheckpointStorage } from "./checkpoint-storage-file-system.ts";
import { JobManagerCheckpointStorage } from "./checkpoint-storage-in-memory.ts";
import { CheckpointStoreCondition } from "./checkpoint-store-condition.ts";
import type { Mail } from "./mailbox.ts";
import type { FlinkObserver } from "./observations.ts";
import { ProcessorSharing } from "./processor-sharing.ts";
import type { KeyedSnapshot, StateBackend } from "./state-backend.ts";
import {
  SubtaskCheckpointCoordinator,
  type SubtaskCheckpointSettings,
} from "./subtask-checkpoint-coordinator.ts";
import { NO_OPERATOR_STATE } from "./task-state-snapshot.ts";

const MS = 1e6;
const WARM = { first: 0, warmUp: { startedAt: 0, excess: 0, time: 0 } };
const BARRIER = { startDelay: 3 * MS, alignment: 4 * MS, processedBytes: 50, persistedBytes: 0 };

/** Pieces of the given sizes at every snapshot; 7 ms synchronous. */
class Pieces implements StateBackend {
  readonly heard: string[] = [];
  readonly #sizes: readonly number[];
  readonly #threads: number;

  constructor(sizes: readonly number[], threads = 1) {
    this.#sizes = sizes;
    this.#threads = threads;
  }

  snapshot(): KeyedSnapshot {
    const written = this.#sizes.map((bytes, i) => ({ bytes, scope: "exclusive" as const, file: i + 1 }));
    return { sync: 7 * MS, written, reused: [], threads: this.#threads };
  }

  stored(checkpoint: number): void {
    this.heard.push(`stored ${checkpoint}`);
  }

  notifyCheckpointComplete(checkpoint: number): void {
    this.heard.push(`complete ${checkpoint}`);
  }

  notifyCheckpointAborted(checkpoint: number): void {
    this.heard.push(`aborted ${checkpoint}`);
  }
}

/** A store with 10 ms a request, 1,000 B/ms a stream and 2,000 B/ms in all; 100 B travel inline. */
function world(
  backend: StateBackend | undefined,
  make?: (sim: Simulation) => CheckpointStorage,
  process: Pick<SubtaskCheckpointSettings, "first" | "warmUp"> = WARM,
) {
  const sim = new Simulation({ seed: "1" });
  const log: string[] = [];
  const accepted = sim.defineKind("accepted", (_, n) => files.onAccepted(n));
  const transferred = sim.defineKind("transferred", () => link.onEnded());
  const link = new ProcessorSharing(sim, { number: 0, ended: transferred, each: 1e6, capacity: 2e6 });
  const store = new CheckpointStoreCondition();
  const files = new FileSystemCheckpointStorage(
    sim,
    {
      number: 0,
      accepted,
      inlineThreshold: 100,
      latency: new ConstantDistribution(10 * MS),
      stream: 1e6,
      largestMessage: 1000,
    },
    link,
    store,
    new RandomStream("1", "storage"),
  );
  const task = new SubtaskCheckpointCoordinator(
    { job: 0, subtask: 0, task: 0, sync: 1 * MS, async: 2 * MS, restored: 5, ...process },
    backend,
    make?.(sim) ?? files,
    {
      acknowledge: (_task, id, { sync, async }, { checkpointedBytes }, at) =>
        log.push(`${at / MS} ack ${id} sync ${sync / MS} async ${async / MS} ${checkpointedBytes} B`),
      decline: (_task, id, reason, at) =>
        log.push(`${at / MS} ${CHECKPOINT_FAILURE_REASONS[reason]!.name} ${id}`),
    },
    { snapshotStarted: () => {}, snapshotCompleted: () => {} } as unknown as FlinkObserver,
  );
  const take = (checkpoint: number, ms: number) => {
    sim.scheduleAt(ms * MS, kinds[checkpoint - 6]!, 0, 0);
  };
  const kinds = [6, 7, 8].map((id) =>
    sim.defineKind(`take ${id}`, () => {
      task.begin(id, BARRIER);
      const sync = task.snapshotState(id, 0, NO_OPERATOR_STATE, PERIODIC_CHECKPOINT, sim.now);
      task.submit(id, sync, sim.now);
    }),
  );
  let acts = 0;
  const at = (ms: number, act: () => void) =>
    sim.scheduleAt(ms * MS, sim.defineKind(`at ${acts++}`, act), 0, 0);
  return { sim, task, log, take, at, files, store, link };
}

function mail(kind: Mail["kind"], checkpoint: number, other = 0): Mail {
  return { kind, checkpoint, other, triggeredAt: 0, properties: PERIODIC_CHECKPOINT };
}

describe("the asynchronous part", () => {
  test("without an upload takes its own time", () => {
    const { sim, log, take } = world(new Pieces([60, 40]));
    take(6, 100);
    sim.run(1e9);
    expect(log).toEqual(["102 ack 6 sync 8 async 2 100 B"]);
  });

  test("uploads a piece: a request, its bytes, and then the rest", () => {
    const { sim, log, take, files } = world(new Pieces([5000, 40]));
    take(6, 100);
    sim.run(1e9);
    expect(log).toEqual(["117 ack 6 sync 8 async 17 5040 B"]);
    expect(files.counts).toEqual({ puts: 1, bytes: 5000, deletes: 0 });
  });

  test("uploads several pieces with as many threads as there are, which share the link", () => {
    const seconds = (threads: number) => {
      const { sim, log, take } = world(new Pieces([6000, 6000, 6000, 6000], threads));
      take(6, 100);
      sim.run(1e9);
      return log[0]!.split(" ")[0];
    };
    // One after the other: 4 x (10 + 6). Two at a time, each with a full stream: 2 x (10 + 6). Four: 10 + 24,000 / 2,000.
    expect([seconds(1), seconds(2), seconds(4)]).toEqual(["166", "134", "124"]);
  });

  test("waits for that of the checkpoint before, and its duration counts the wait", () => {
    const { sim, log, take } = world(new Pieces([20_000]));
    take(6, 100);
    take(7, 110);
    sim.run(1e9);
    expect(log).toEqual(["132 ack 6 sync 8 async 32 20000 B", "164 ack 7 sync 8 async 54 20000 B"]);
  });

  test("of an aborted checkpoint is given up, and the next one starts at once", () => {
    const backend = new Pieces([20_000]);
    const { sim, task, log, take, at } = world(backend);
    take(6, 100);
    take(7, 110);
    at(115, () => task.onNotification(mail("notify-checkpoint-aborted", 6), sim.now));
    sim.run(1e9);
    expect(log).toEqual(["147 ack 7 sync 8 async 37 20000 B"]);
    expect(backend.heard).toEqual(["aborted 6", "stored 7"]);
  });

  test("dies with the task, whatever is under way", () => {
    const { sim, task, log, take, at } = world(new Pieces([20_000]));
    take(6, 100);
    take(7, 110);
    at(115, () => task.dispose());
    sim.run(1e9);
    expect(log).toEqual([]);
  });
});

describe("a store in trouble", () => {
  test("refuses what is asked of it from then on, and what is on its way: the checkpoint is declined", () => {
    const { sim, log, take, at, files, store } = world(new Pieces([20_000]));
    take(6, 100);
    take(7, 118);
    at(115, () => {
      store.begin("unavailable", 1, 130 * MS);
      files.refuseTransfers();
    });
    at(130, () => store.settle(sim.now));
    take(8, 140);
    sim.run(1e9);
    expect(log).toEqual([
      "115 CHECKPOINT_ASYNC_EXCEPTION 6",
      "128 CHECKPOINT_ASYNC_EXCEPTION 7",
      "172 ack 8 sync 8 async 32 20000 B",
    ]);
  });

  test("refuses a write of several pieces once", () => {
    const { sim, log, take, store } = world(new Pieces([6000, 6000, 6000, 6000], 4));
    store.begin("full", 1, 1e9);
    take(6, 100);
    sim.run(1e9);
    expect(log).toEqual(["110 CHECKPOINT_ASYNC_EXCEPTION 6"]);
  });

  test("that takes what is in the acknowledgement refuses nothing of it", () => {
    const { sim, log, take, store } = world(new Pieces([60]));
    store.begin("full", 1, 1e9);
    take(6, 100);
    sim.run(1e9);
    expect(log).toEqual(["102 ack 6 sync 8 async 2 60 B"]);
  });

  test("that is slow takes so many times as long, from then on and until it is over", () => {
    const { sim, log, take, at, store, link } = world(new Pieces([20_000]));
    const settle = () => {
      store.settle(sim.now);
      link.slowDown(store.slowness);
    };
    take(6, 100);
    at(120, () => store.begin("slow", 3, 150 * MS));
    at(120, settle);
    at(150, settle);
    sim.run(1e9);
    // 10 ms of 20 done by 120, a third of 30 until 150, and the rest; then what the part itself takes.
    expect(log).toEqual(["152 ack 6 sync 8 async 52 20000 B"]);
    const slow = world(new Pieces([6000]));
    slow.store.begin("slow", 3, 1e9);
    slow.link.slowDown(slow.store.slowness);
    slow.take(6, 100);
    slow.sim.run(1e9);
    expect(slow.log).toEqual(["150 ack 6 sync 8 async 50 6000 B"]);
  });
});

describe("in a fresh process", () => {
  test("the first snapshot takes longer, once, in its synchronous part", () => {
    const { sim, log, take } = world(new Pieces([60]), undefined, { ...WARM, first: 250 * MS });
    take(6, 100);
    take(7, 1000);
    sim.run(2e9);
    expect(log).toEqual(["102 ack 6 sync 258 async 2 60 B", "1002 ack 7 sync 8 async 2 60 B"]);
  });

  test("what the CPU does takes longer, what the state's size costs and the store do not", () => {
    const warmUp = { startedAt: 0, excess: 4, time: 1e18 };
    const { sim, log, take } = world(new Pieces([5000]), undefined, { first: 0, warmUp });
    take(6, 100);
    sim.run(1e9);
    // 5 x 1 + 7 ms; a request and its bytes, 15 ms, and 5 x 2.
    expect(log).toEqual(["125 ack 6 sync 12 async 25 5000 B"]);
  });
});

describe("in the JobManager's memory", () => {
  const inMemory = (sizes: readonly number[]) => {
    const { sim, log, take } = world(
      new Pieces(sizes),
      () => new JobManagerCheckpointStorage(10 * 1024 ** 2),
    );
    take(6, 100);
    sim.run(1e9);
    return log;
  };

  test("up to 5 MiB a piece travel in the acknowledgement, more is declined", () => {
    const most = 5 * 1024 ** 2;
    expect(inMemory([most])).toEqual([`102 ack 6 sync 8 async 2 ${most} B`]);
    expect(inMemory([most + 1])).toEqual(["102 CHECKPOINT_ASYNC_EXCEPTION 6"]);
  });

  test("a message beyond pekko.framesize is declined", () => {
    const piece = 4 * 1024 ** 2;
    expect(inMemory([piece, piece]).length).toBe(1);
    expect(inMemory([piece, piece, piece])).toEqual(["102 CHECKPOINT_ASYNC_EXCEPTION 6"]);
  });
});

describe("notifications", () => {
  test("a completion is told once, not again, and not what the task was restored from", () => {
    const { task } = world(undefined);
    const complete = (id: number) => task.onNotification(mail("notify-checkpoint-complete", id), 0);
    expect([complete(5), complete(7), complete(6), complete(7), complete(8)]).toEqual([0, 7, 0, 0, 8]);
  });

  test("an abort repairs a lost completion: it carries the latest completed checkpoint", () => {
    const { task } = world(undefined);
    expect(task.onNotification(mail("notify-checkpoint-aborted", 8, 7), 0)).toBe(7);
    expect(task.onNotification(mail("notify-checkpoint-aborted", 9, 7), 0)).toBe(0);
    expect(task.onNotification(mail("notify-checkpoint-aborted", 10, 0), 0)).toBe(0);
  });

  test("a checkpoint is taken once and in order; one whose abort came first is cancelled", () => {
    const { task } = world(undefined);
    task.onNotification(mail("notify-checkpoint-aborted", 7), 0);
    expect([5, 6, 6, 7, 8].map((id) => task.decide(id))).toEqual([
      "ignore",
      "take",
      "ignore",
      "cancel",
      "take",
    ]);
  });
});
