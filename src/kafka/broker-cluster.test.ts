import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { BrokerCluster, type BrokerClusterSettings } from "./broker-cluster.ts";
import type { PartitionChange } from "./partition-change.ts";

const SECOND = 1e9;

const SETTINGS: BrokerClusterSettings = {
  brokers: 3,
  heartbeatInterval: 2 * SECOND,
  sessionTimeout: 9 * SECOND,
  metadataDelay: 0,
  brokerStart: 5 * SECOND,
  catchUp: () => SECOND,
};

interface Told {
  readonly at: number;
  readonly partition: number;
  readonly change: PartitionChange;
}

/** Three partitions on three brokers, on two or all of them. */
function world(replicationFactor: number, minInsyncReplicas: number, seed = "1") {
  const sim = new Simulation({ seed });
  const told: Told[] = [];
  const events: string[] = [];
  const say = (what: string, at: number): void => {
    events.push(`${(at / SECOND).toFixed(2)} ${what}`);
  };
  const plans: (() => void)[] = [];
  const plan = sim.defineKind("plan", (number) => plans[number]!());
  const cluster = new BrokerCluster(
    sim,
    SETTINGS,
    [
      {
        name: "t",
        partitions: 3,
        replicationFactor,
        minInsyncReplicas,
        unclean: false,
        listener: {
          onPartitionChanged: (partition, change, at) => told.push({ at: at / SECOND, partition, change }),
        },
      },
    ],
    () => {},
    sim.stream("brokers"),
    {
      brokerEnded: (broker, _thawsAt, at) => say(`${broker} ended`, at),
      brokerFenced: (broker, elected, leaderless, at) =>
        say(`${broker} fenced, ${elected} elected, ${leaderless} leaderless`, at),
      brokerRegistered: (broker, at) => say(`${broker} back`, at),
      leadersElected: (name, partitions, at) => say(`${partitions} of ${name}`, at),
      brokerInSync: (broker, at) => say(`${broker} in sync`, at),
    },
  );
  const at = (seconds: number, act: () => void): void => {
    sim.scheduleAt(seconds * SECOND, plan, plans.length, 0);
    plans.push(act);
  };
  const statuses = (partition: number): readonly string[] =>
    told
      .filter((one) => one.partition === partition)
      .map(({ change }) => `${change.status} ${change.leader}`);
  return { sim, cluster, told, events, at, statuses };
}

const fencedAt = (events: readonly string[]): number =>
  Number(events.find((event) => event.includes("fenced"))!.split(" ")[0]);

describe("a broker that ends", () => {
  test("is fenced 7 to 9 s and up to a look of an eighth of the session later; each of its partitions then goes on", () => {
    const delays: number[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const { sim, cluster, events, at, statuses } = world(3, 2, String(seed));
      at(30, () => cluster.kill(0, false, 60 * SECOND));
      sim.run(60 * SECOND);
      expect(statuses(0)).toEqual(["no-leader 0", "open 1"]);
      // It follows the other two, whose high watermark stands still as long as it counts as in sync.
      expect(statuses(1)).toEqual(["no-replication 1", "open 1"]);
      delays.push(fencedAt(events) - 30);
    }
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(7);
    expect(Math.max(...delays)).toBeLessThanOrEqual(9 + 9 / 8);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(1.5);
  });

  test("comes back as a follower when its session has ended, not before, and is in sync once it has caught up", () => {
    const { sim, cluster, events, at, told } = world(3, 2);
    at(30, () => cluster.kill(0, false, SECOND));
    sim.run(60 * SECOND);
    const [ended, fenced, back, inSync] = events;
    expect([ended, fenced!.slice(6), back!.slice(6), inSync!.slice(6)]).toEqual([
      "30.00 0 ended",
      "0 fenced, 1 elected, 0 leaderless",
      "0 back",
      "0 in sync",
    ]);
    const backAt = Number(back!.slice(0, 5));
    expect(backAt).toBeGreaterThanOrEqual(37);
    expect(backAt).toBeLessThanOrEqual(39);
    expect(Number(inSync!.slice(0, 5)) - backAt).toBeCloseTo(1, 2);
    expect(told.find(({ change }) => change.election !== undefined)!.change).toEqual({
      status: "open",
      leader: 1,
      election: { how: "clean", lostAt: 30 * SECOND, noticedBy: 30 * SECOND },
    });
  });

  test("leaves a partition without other replicas leaderless until it is back with what it had", () => {
    const { sim, cluster, at, told } = world(1, 1);
    at(30, () => cluster.kill(0, false, 20 * SECOND));
    sim.run(60 * SECOND);
    expect(told.map(({ partition, change }) => [partition, change.status, change.election?.how])).toEqual([
      [0, "no-leader", undefined],
      [0, "open", "returned"],
    ]);
    expect(told[1]!.at).toBe(50);
  });

  test("leaves too few in sync where min.insync.replicas asks for as many as there are", () => {
    const { sim, cluster, at, statuses } = world(2, 2);
    at(30, () => cluster.kill(0, false, 20 * SECOND));
    sim.run(60 * SECOND);
    expect(statuses(0)).toEqual(["no-leader 0", "not-enough-replicas 1", "open 1"]);
    expect(statuses(1)).toEqual([]);
    expect(statuses(2)).toEqual(["no-replication 2", "not-enough-replicas 2", "open 2"]);
  });

  test("two of them are fenced at two looks", () => {
    const { sim, cluster, events, at } = world(3, 1);
    at(30, () => {
      cluster.kill(0, false, 60 * SECOND);
      cluster.kill(1, false, 60 * SECOND);
    });
    sim.run(50 * SECOND);
    const times = events
      .filter((event) => event.includes("fenced"))
      .map((event) => Number(event.slice(0, 5)));
    expect(times[1]! - times[0]!).toBeGreaterThanOrEqual(9 / 8 - 0.01);
  });
});

describe("a broker that stands still", () => {
  test("for less than its session: everything waits for it, and nobody else leads", () => {
    const { sim, cluster, at, statuses, told } = world(3, 2);
    at(30, () => cluster.freeze(0, 5 * SECOND));
    sim.run(60 * SECOND);
    expect(statuses(0)).toEqual(["no-leader 0", "open 0"]);
    expect(statuses(1)).toEqual(["no-replication 1", "open 1"]);
    expect(told.some(({ change }) => change.election !== undefined)).toBe(false);
    expect(told.at(-1)!.at).toBe(35);
  });

  test("for longer: it is fenced, and finds others in its place; its clients hear of it when it answers again", () => {
    const { sim, cluster, at, told } = world(3, 2);
    at(30, () => cluster.freeze(0, 20 * SECOND));
    sim.run(60 * SECOND);
    const { change } = told.find((one) => one.change.election !== undefined)!;
    expect(change.election).toEqual({ how: "clean", lostAt: 30 * SECOND, noticedBy: 50 * SECOND });
  });
});

test("an election that is asked for moves the leadership at once", () => {
  const { sim, cluster, at, told, events } = world(3, 2);
  at(30, () => cluster.elect("t", 2, false));
  sim.run(31 * SECOND);
  expect(told).toEqual([
    {
      at: 30,
      partition: 2,
      change: {
        status: "open",
        leader: 0,
        election: { how: "clean", lostAt: 30 * SECOND, noticedBy: 30 * SECOND },
      },
    },
  ]);
  expect(events).toEqual(["30.00 1 of t"]);
});
