import { describe, expect, test } from "vitest";
import { Outbox } from "../records/index.ts";
import {
  type ControllerState,
  ISR_CHANGED,
  LEADER_ELECTED,
  LEADER_GONE,
  NO_LEADER,
  onBrokerFenced,
  onBrokerUnfenced,
  onCaughtUp,
  onElectionAsked,
  partitionRegistration,
  replicasOf,
} from "./kafka-controller.ts";

/** Three brokers, three partitions, each on `replicationFactor` of them. */
function cluster(replicationFactor: number, unclean = false): ControllerState {
  return {
    fenced: [false, false, false],
    partitions: [0, 1, 2].map((p) => partitionRegistration(replicasOf(p, replicationFactor, 3), unclean)),
  };
}

function effects(step: (outbox: Outbox) => void): readonly (readonly [number, number, number])[] {
  const outbox = new Outbox();
  step(outbox);
  return Array.from({ length: outbox.length }, (_, i) => [outbox.effects[i]!, outbox.a[i]!, outbox.b[i]!]);
}

const leaders = (state: ControllerState): readonly number[] => state.partitions.map(({ leader }) => leader);
const isr = (state: ControllerState): readonly (readonly number[])[] =>
  state.partitions.map((partition) => partition.isr);

test("leaders in turn, followers behind them", () => {
  expect(isr(cluster(2))).toEqual([
    [0, 1],
    [1, 2],
    [2, 0],
  ]);
  expect(leaders(cluster(3))).toEqual([0, 1, 2]);
});

describe("a broker that is fenced", () => {
  test("leaves every set in sync; the next replica in sync leads what it led", () => {
    const state = cluster(2);
    expect(effects((outbox) => onBrokerFenced(state, 0, outbox))).toEqual([
      [LEADER_ELECTED, 0, 1],
      [ISR_CHANGED, 2, 0],
    ]);
    expect(leaders(state)).toEqual([1, 1, 2]);
    expect(isr(state)).toEqual([[1], [1, 2], [2]]);
    expect(state.partitions.map(({ leaderEpoch }) => leaderEpoch)).toEqual([1, 0, 0]);
  });

  test("stays the one that had everything when it was the last in sync, and leads again when it is back", () => {
    const state = cluster(1);
    expect(effects((outbox) => onBrokerFenced(state, 1, outbox))).toEqual([[LEADER_GONE, 1, 0]]);
    expect(leaders(state)).toEqual([0, NO_LEADER, 2]);
    expect(isr(state)[1]).toEqual([1]);
    expect(effects((outbox) => onBrokerUnfenced(state, 1, outbox))).toEqual([[LEADER_ELECTED, 1, 1]]);
    expect(leaders(state)).toEqual([0, 1, 2]);
  });

  test("is in sync again once it has caught up, and leads nothing by that", () => {
    const state = cluster(2);
    effects((outbox) => onBrokerFenced(state, 0, outbox));
    expect(effects((outbox) => onBrokerUnfenced(state, 0, outbox))).toEqual([]);
    expect(effects((outbox) => onCaughtUp(state, 0, () => true, outbox))).toEqual([
      [ISR_CHANGED, 0, 0],
      [ISR_CHANGED, 2, 0],
    ]);
    expect(leaders(state)).toEqual([1, 1, 2]);
    expect(isr(state)).toEqual([
      [1, 0],
      [1, 2],
      [2, 0],
    ]);
  });
});

describe("when nobody in sync lives", () => {
  const bothGone = (unclean: boolean): ControllerState => {
    const state = cluster(2, unclean);
    effects((outbox) => onBrokerFenced(state, 1, outbox));
    effects((outbox) => onBrokerUnfenced(state, 1, outbox));
    // Broker 1 is back and behind when the only one in sync goes.
    effects((outbox) => onBrokerFenced(state, 0, outbox));
    return state;
  };

  test("the partition waits for the last one that was", () => {
    const state = bothGone(false);
    expect(leaders(state)[0]).toBe(NO_LEADER);
    expect(effects((outbox) => onBrokerUnfenced(state, 0, outbox))).toEqual([[LEADER_ELECTED, 0, 1]]);
  });

  test("with unclean.leader.election.enable a replica that is behind leads, alone in sync", () => {
    const state = bothGone(true);
    expect(leaders(state)[0]).toBe(1);
    expect(isr(state)[0]).toEqual([1]);
  });
});

describe("an election that is asked for", () => {
  test("makes another replica in sync the leader", () => {
    const state = cluster(3);
    expect(effects((outbox) => onElectionAsked(state, 0, false, outbox))).toEqual([[LEADER_ELECTED, 0, 1]]);
    expect(leaders(state)[0]).toBe(1);
    expect(isr(state)[0]).toEqual([0, 1, 2]);
  });

  test("takes one out of sync only when it is to be unclean", () => {
    const state = cluster(2);
    effects((outbox) => onBrokerFenced(state, 1, outbox));
    effects((outbox) => onBrokerUnfenced(state, 1, outbox));
    expect(effects((outbox) => onElectionAsked(state, 0, false, outbox))).toEqual([]);
    expect(effects((outbox) => onElectionAsked(state, 0, true, outbox))).toEqual([[LEADER_ELECTED, 0, 0]]);
    expect(isr(state)[0]).toEqual([1]);
  });
});
