import { describe, expect, test } from "vitest";
import { InvariantError } from "./invariant.ts";
import { NO_EVENT, Simulation, type SimulationOptions } from "./simulation.ts";

const END = Number.POSITIVE_INFINITY;

/** A simulation whose only kind of event writes "time:a" to a log. */
function logging(options: Partial<SimulationOptions> = {}) {
  const simulation = new Simulation({ seed: "test", ...options });
  const log: string[] = [];
  const note = simulation.defineKind("note", (a) => log.push(`${simulation.now}:${a}`));
  return { simulation, log, note };
}

describe.each(["heap", "ladder"] as const)("with the %s", (queue) => {
  test("events are executed in the order of time, ties in the order of scheduling", () => {
    const { simulation, log, note } = logging({ queue });
    for (const [time, a] of [
      [5, 1],
      [3, 2],
      [5, 3],
      [0, 4],
      [3, 5],
      [5, 6],
    ] as const) {
      simulation.scheduleAt(time, note, a, 0);
    }
    expect(simulation.pending).toBe(6);
    expect(simulation.run(END)).toEqual({ kind: "no-more-events" });
    expect(log).toEqual(["0:4", "3:2", "3:5", "5:1", "5:3", "5:6"]);
    expect(simulation.executed).toBe(6);
    expect(simulation.pending).toBe(0);
  });

  test("a zero delay is executed at the same instant, after what was already scheduled for it", () => {
    const { simulation, log, note } = logging({ queue });
    const spawn = simulation.defineKind("spawn", (a) => {
      log.push(`${simulation.now}:spawn ${a}`);
      simulation.scheduleAfter(0, note, a, 0);
      simulation.scheduleAfter(0, note, a + 1, 0);
    });
    simulation.scheduleAt(7, spawn, 10, 0);
    simulation.scheduleAt(7, spawn, 20, 0);
    simulation.scheduleAt(7, note, 30, 0);
    simulation.scheduleAt(8, note, 40, 0);
    simulation.run(END);
    expect(log).toEqual(["7:spawn 10", "7:spawn 20", "7:30", "7:10", "7:11", "7:20", "7:21", "8:40"]);
  });

  test("a thousand zero delays keep their order while some are cancelled", () => {
    const { simulation, log, note } = logging({ queue });
    const burst = simulation.defineKind("burst", () => {
      const handles = Array.from({ length: 1000 }, (_, i) => simulation.scheduleAfter(0, note, i, 0));
      for (let i = 0; i < 1000; i += 2) simulation.cancel(handles[i]!);
      simulation.reschedule(handles[1]!, simulation.now);
      simulation.reschedule(handles[3]!, simulation.now + 1);
    });
    simulation.scheduleAt(1, burst, 0, 0);
    simulation.run(END);
    const odd = Array.from({ length: 498 }, (_, i) => `1:${2 * i + 5}`);
    expect(log).toEqual([...odd, "1:1", "2:3"]);
  });

  test("a cancelled event is gone at once and its handle stale", () => {
    const { simulation, log, note } = logging({ queue });
    const first = simulation.scheduleAt(1, note, 1, 0);
    const second = simulation.scheduleAt(2, note, 2, 0);
    expect(simulation.cancel(first)).toBe(true);
    expect(simulation.pending).toBe(1);
    expect(simulation.cancel(first)).toBe(false);
    const third = simulation.scheduleAt(3, note, 3, 0);
    expect(simulation.cancel(first)).toBe(false);
    expect(simulation.isPending(third)).toBe(true);
    simulation.run(END);
    expect(log).toEqual(["2:2", "3:3"]);
    expect(simulation.cancel(second)).toBe(false);
    expect(simulation.cancel(NO_EVENT)).toBe(false);
    expect(simulation.cancel(12345)).toBe(false);
  });

  test("a rescheduled event keeps its handle and goes behind its new ties", () => {
    const { simulation, log, note } = logging({ queue });
    const moved = simulation.scheduleAt(1, note, 1, 0);
    simulation.scheduleAt(5, note, 2, 0);
    expect(simulation.reschedule(moved, 5)).toBe(true);
    simulation.scheduleAt(5, note, 3, 0);
    expect(simulation.pending).toBe(3);
    simulation.run(END);
    expect(log).toEqual(["5:2", "5:1", "5:3"]);
    expect(simulation.reschedule(moved, 9)).toBe(false);
  });

  test("a run can be ended at an instant and gone on with", () => {
    const { simulation, log, note } = logging({ queue });
    for (const time of [1, 4, 5, 9]) simulation.scheduleAt(time, note, time, 0);
    expect(simulation.run(5)).toEqual({ kind: "reached-end" });
    expect(log).toEqual(["1:1", "4:4", "5:5"]);
    expect(simulation.now).toBe(5);
    simulation.scheduleAt(5, note, 50, 0);
    expect(simulation.run(8)).toEqual({ kind: "reached-end" });
    expect(simulation.now).toBe(8);
    expect(simulation.run(100)).toEqual({ kind: "no-more-events" });
    expect(simulation.now).toBe(9);
    expect(log).toEqual(["1:1", "4:4", "5:5", "5:50", "9:9"]);
  });

  test("a handler can stop the run between two events", () => {
    const { simulation, log, note } = logging({ queue });
    const stop = simulation.defineKind("stop", () => {
      simulation.scheduleAfter(0, note, 2, 0);
      simulation.stop();
    });
    simulation.scheduleAt(1, note, 1, 0);
    simulation.scheduleAt(1, stop, 0, 0);
    simulation.scheduleAt(2, note, 3, 0);
    expect(simulation.run(END)).toEqual({ kind: "stopped" });
    expect(log).toEqual(["1:1"]);
    expect(simulation.pending).toBe(2);
    expect(simulation.run(END)).toEqual({ kind: "no-more-events" });
    expect(log).toEqual(["1:1", "1:2", "2:3"]);
  });

  test("bounds end a run with their name", () => {
    const { simulation, note } = logging({ queue, bounds: { events: 3 } });
    for (let i = 0; i < 5; i++) simulation.scheduleAt(i, note, i, 0);
    expect(simulation.run(END)).toEqual({ kind: "event-bound", bound: 3 });
    expect(simulation.executed).toBe(3);

    const exact = logging({ queue, bounds: { events: 3 } });
    for (let i = 0; i < 3; i++) exact.simulation.scheduleAt(i, exact.note, i, 0);
    expect(exact.simulation.run(END)).toEqual({ kind: "no-more-events" });

    const crowded = new Simulation({ seed: "test", queue, bounds: { pending: 10 } });
    const breed = crowded.defineKind("breed", () => {
      crowded.scheduleAfter(1, breed, 0, 0);
      crowded.scheduleAfter(2, breed, 0, 0);
    });
    crowded.scheduleAt(0, breed, 0, 0);
    expect(crowded.run(END)).toEqual({ kind: "pending-bound", bound: 10 });
    expect(crowded.pending).toBe(11);
  });
});

test("times in the past or between two nanoseconds, unknown kinds and wide payloads are refused", () => {
  const { simulation, note } = logging();
  simulation.scheduleAt(10, note, 0, 0);
  simulation.run(END);
  expect(() => simulation.scheduleAt(9, note, 0, 0)).toThrow(
    "Cannot schedule an event: got time 9 ns at 10 ns, wanted a whole number not in the past",
  );
  expect(() => simulation.scheduleAfter(0.5, note, 0, 0)).toThrow(InvariantError);
  expect(() => simulation.scheduleAfter(Number.NaN, note, 0, 0)).toThrow(InvariantError);
  expect(() => simulation.scheduleAt(Number.POSITIVE_INFINITY, note, 0, 0)).toThrow(InvariantError);
  expect(() => simulation.scheduleAt(2 ** 53, note, 0, 0)).toThrow(InvariantError);
  expect(() => simulation.scheduleAt(20, 7, 0, 0)).toThrow(
    "got kind 7 with payload 0, 0, wanted one of 1 kinds",
  );
  expect(() => simulation.scheduleAt(20, note, 2 ** 31, 0)).toThrow(InvariantError);
  expect(() => simulation.run(9)).toThrow("Cannot run the simulation: the end lies in the past");
  expect(simulation.pending).toBe(0);
});

test("a kind has one name and a name one kind", () => {
  const { simulation, note } = logging();
  expect(simulation.kindName(note)).toBe("note");
  expect(() => simulation.defineKind("note", () => {})).toThrow(
    'Cannot define a kind of event: got "note" a second time, wanted a new name',
  );
  expect(() => simulation.kindName(1)).toThrow(InvariantError);
});

test("a handler can't run the simulation it runs in", () => {
  const simulation = new Simulation({ seed: "test" });
  const nested = simulation.defineKind("nested", () => void simulation.run(END));
  simulation.scheduleAt(0, nested, 0, 0);
  expect(() => simulation.run(END)).toThrow("Cannot run the simulation: it is running already");
});

test("an observer sees each event and is refused when it changes the run", () => {
  const seen: string[] = [];
  const watched = logging({
    observer: { onEvent: (time, kind, a, b) => seen.push(`${time} ${kind} ${a} ${b}`) },
  });
  watched.simulation.scheduleAt(3, watched.note, 1, 2);
  watched.simulation.run(END);
  expect(seen).toEqual(["3 0 1 2"]);

  const meddling: { simulation?: Simulation } = {};
  const { simulation, note } = logging({
    observer: { onEvent: () => meddling.simulation?.scheduleAfter(1, 0, 0, 0) },
  });
  meddling.simulation = simulation;
  simulation.scheduleAt(3, note, 1, 2);
  expect(() => simulation.run(END)).toThrow("Cannot go on: the observer changed the run");
});

test("an event at the last instant is executed, and what is later than the end of a run stays", () => {
  const { simulation, log, note } = logging();
  const last = Number.MAX_SAFE_INTEGER;
  for (let i = 0; i < 100; i++) simulation.scheduleAt(last - (i % 3), note, i % 3, 0);
  simulation.scheduleAt(7, note, 7, 0);
  expect(simulation.run(last - 1)).toEqual({ kind: "reached-end" });
  expect(log.length).toBe(67);
  expect(simulation.pending).toBe(34);
  simulation.scheduleAt(last - 1, note, 9, 0);
  expect(simulation.run(END)).toEqual({ kind: "no-more-events" });
  expect(log.slice(67)).toEqual([`${last - 1}:9`, ...Array.from({ length: 34 }, () => `${last}:0`)]);
});

test("an observer that moves or cancels an event is refused", () => {
  for (const meddle of ["cancel", "reschedule"] as const) {
    const meddling: { handle: number; simulation?: Simulation } = { handle: NO_EVENT };
    const { simulation, note } = logging({
      observer: {
        onEvent: () =>
          meddle === "cancel"
            ? meddling.simulation?.cancel(meddling.handle)
            : meddling.simulation?.reschedule(meddling.handle, 9),
      },
    });
    meddling.simulation = simulation;
    simulation.scheduleAt(3, note, 1, 2);
    meddling.handle = simulation.scheduleAt(4, note, 1, 2);
    expect(() => simulation.run(END)).toThrow("Cannot go on: the observer changed the run");
  }
});

test("handles stay apart after a slot was used a million times", () => {
  const { simulation, note } = logging();
  const first = simulation.scheduleAt(1, note, 0, 0);
  simulation.cancel(first);
  for (let i = 0; i < 1_000_000; i++) simulation.cancel(simulation.scheduleAt(1, note, 0, 0));
  const last = simulation.scheduleAt(1, note, 0, 0);
  expect(simulation.isPending(first)).toBe(false);
  expect(simulation.isPending(last)).toBe(true);
  expect(Number.isSafeInteger(last)).toBe(true);
});
