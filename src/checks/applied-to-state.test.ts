import { describe, expect, test } from "vitest";
import { AppliedToState } from "./applied-to-state.ts";
import { BarrierNeverOvertakesRecord } from "./barrier-never-overtakes-record.ts";
import { smallLineage, smallPipeline } from "./checked-pipeline.fixture.ts";

/** Subtasks 1 and 2 are the keyed ones. */
function world(changed: Parameters<typeof smallPipeline>[0] = {}) {
  const { lineage, routes } = smallLineage();
  const pipeline = smallPipeline(changed);
  const state = new AppliedToState(pipeline, lineage);
  const barriers = new BarrierNeverOvertakesRecord(pipeline, lineage, state);
  for (const subtask of [1, 2]) state.stateRestored(0, subtask, 10 + subtask, 0);
  const apply = (subtask: number, from: number, to: number): void =>
    state.applied(0, subtask, 10 + subtask, 0, routes[subtask - 1]!.id, from, to);
  const offset = (subtask: number, rank: number): number => routes[subtask - 1]!.offsetOf(0, rank);
  /** Rank of an offset on the way to a subtask. */
  const rank = (subtask: number, at: number): number => routes[subtask - 1]!.rankOf(0, at);
  return { state, barriers, apply, offset, rank, routes };
}

describe("AppliedToState", () => {
  test("a restore takes the state back to its checkpoint, and what is applied again counts once", () => {
    const { state, apply } = world();
    apply(1, 0, 40);
    state.snapshotStarted(0, 1, 7);
    apply(1, 40, 60);
    state.stateRestored(0, 1, 11, 7);
    apply(1, 40, 80);
    expect(state.violations()).toEqual([]);
  });

  test("names what is applied twice, and what a restore has skipped", () => {
    const { state, apply, offset } = world();
    apply(1, 0, 40);
    state.snapshotStarted(0, 1, 7);
    apply(1, 40, 60);
    state.stateRestored(0, 1, 11, 7);
    apply(1, 38, 50);
    apply(1, 55, 60);
    expect(state.violations()).toEqual([
      `job enrich: subtask 1 applied again 2 of 12 records from offset ${offset(1, 38)} of in-0 (key groups 0 to 4) on`,
      `job enrich: subtask 1 never applied 5 records from offset ${offset(1, 50)} of in-0 (key groups 0 to 4) on, and later ones`,
    ]);
  });

  test("under AT_LEAST_ONCE what is applied twice is counted, what is skipped is not excused", () => {
    const { state, apply } = world({ mode: "at-least-once" });
    apply(1, 0, 10);
    apply(1, 4, 12);
    expect(state.violations()).toEqual([]);
    expect(state.permitted[0]).toMatch(/^6 records were applied again, the first time: .* offset/);
    apply(1, 13, 14);
    expect(state.violations()).toHaveLength(1);
  });

  test("the state in a snapshot is the one that the records made", () => {
    const { state, apply } = world();
    apply(2, 0, 25);
    state.snapshotStarted(0, 2, 3);
    state.checkpointAcknowledged(0, 2, 3, {}, { keyedRecords: 25 }, 2e9);
    expect(state.violations()).toEqual([]);
    state.checkpointAcknowledged(0, 2, 3, {}, { keyedRecords: 24 }, 2e9);
    expect(state.violations()).toEqual([
      "job enrich: subtask 2 acknowledged checkpoint 3 at 2 s with the state of 24 records, and 25 were applied",
    ]);
  });

  test("what a task does that has been given up is in no state any more", () => {
    const { state, apply } = world();
    apply(1, 0, 40);
    state.snapshotStarted(0, 1, 7);
    state.stateRestored(0, 1, 23, 7);
    apply(1, 40, 50);
    state.applied(0, 1, 23, 0, 0, 40, 60);
    expect(state.violations()).toEqual([]);
  });

  test("says nothing of a state that it has not seen being made", () => {
    const { state, apply } = world();
    state.stateRestored(0, 1, 11, 99);
    apply(1, 30, 40);
    expect(state.violations()).toEqual([]);
  });
});

describe("BarrierNeverOvertakesRecord", () => {
  const OFFSET = 100;
  const cut = ({ state, barriers, apply, rank }: ReturnType<typeof world>, off: number): void => {
    apply(1, 0, rank(1, OFFSET) + off);
    state.snapshotStarted(0, 1, 4);
    apply(2, 0, rank(2, OFFSET));
    state.snapshotStarted(0, 2, 4);
    barriers.offsetInSnapshot(0, 4, 0, OFFSET);
    barriers.checkpointCompleted(0, 4, 0, 0, 5e9);
  };

  test.each([
    [0, []],
    [-3, ["lacks 3 records that its barriers overtook"]],
    [2, ["holds 2 records from behind its barriers"]],
  ])("a state that is off by %i records", (off, found) => {
    const one = world();
    cut(one, off);
    expect(one.barriers.violations).toEqual(
      found.map(
        (what) =>
          `job enrich: checkpoint 4, completed at 5 s, has offset 100 of in-0, and the state of subtask 1 ${what}`,
      ),
    );
  });

  test.each([
    { mode: "at-least-once" as const },
    { unaligned: true, isLine: false },
    { readsOrigins: false, isLine: false },
  ])("is not asked with %j", (changed) => {
    const one = world(changed);
    cut(one, 2);
    expect(one.barriers.violations).toEqual([]);
  });

  /** A checkpoint of which `flying` records are in the channels, and the state lacks `lacking`. */
  const count = (one: ReturnType<typeof world>, lacking: number, flying: number, partition = 0): void => {
    const { state, barriers, apply, rank, routes } = one;
    const end = rank(1, OFFSET) - lacking;
    apply(1, 0, end);
    state.snapshotStarted(0, 1, 4);
    apply(2, 0, rank(2, OFFSET));
    state.snapshotStarted(0, 2, 4);
    barriers.offsetInSnapshot(0, 4, partition, OFFSET);
    const span = (from: number, to: number) => [0, routes[0].id, from, to] as const;
    // One waits at the source, the others have been received.
    const sent = Math.min(1, flying);
    const channels = (side: "input" | "output", from: number, to: number) =>
      to > from ? [{ channel: 0, side, spans: [span(from, to)] }] : [];
    barriers.checkpointAcknowledged(0, 0, 4, undefined, {
      channelState: channels("output", end + flying - sent, end + flying),
    });
    barriers.checkpointAcknowledged(0, 1, 4, undefined, {
      channelState: channels("input", end, end + flying - sent),
    });
    barriers.checkpointAcknowledged(0, 2, 4, undefined, { channelState: [] });
    barriers.checkpointCompleted(0, 4, 0, 0, 5e9);
  };

  test.each([
    [5, 5, undefined],
    [5, 4, 99],
    [5, 6, 101],
    [0, 0, undefined],
  ])("unaligned: %i records that the state lacks, and %i in flight", (lacking, flying, got) => {
    const one = world({ unaligned: true });
    count(one, lacking, flying);
    const sentence = `job enrich: checkpoint 4, completed at 5 s: its sources have emitted 100 records of in-0, and ${got} are in the state of vertex 1 or in flight to it`;
    expect(one.barriers.violations).toEqual(got === undefined ? [] : [sentence]);
  });

  test.each([
    [0, undefined],
    [3, 97],
  ])("of a job that reads another job's topic: %i records that the state lacks", (lacking, got) => {
    const one = world({ readsOrigins: false });
    count(one, lacking, 0, -1);
    const sentence = `job enrich: checkpoint 4, completed at 5 s: its sources have emitted 100 records, and ${got} are in the state of vertex 1 or in flight to it`;
    expect(one.barriers.violations).toEqual(got === undefined ? [] : [sentence]);
  });
});
