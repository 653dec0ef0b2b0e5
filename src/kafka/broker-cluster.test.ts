import { describe, expect, test } from "vitest";
import { Simulation } from "../engine/index.ts";
import { BrokerCluster, type BrokerClusterSettings } from "./broker-cluster.ts";
import { CONTROLLER } from "./broker-links.ts";
import { ALL } from "./client-links.ts";
import type { PartitionChange } from "./partition-change.ts";
import type { PartitionDisks } from "./slow-disk.ts";

const SECOND = 1e9;

const SETTINGS: BrokerClusterSettings = {
  brokers: 3,
  heartbeatInterval: 2 * SECOND,
  sessionTimeout: 9 * SECOND,
  metadataDelay: 0,
  replicaLagTimeMax: 30 * SECOND,
  brokerStart: 5 * SECOND,
  fetchCycle: (slowness) => 0.1 * SECOND * slowness,
  catchUp: () => SECOND,
};

interface Told {
  readonly at: number;
  readonly partition: number;
  readonly change: PartitionChange;
}

/** Three partitions on three brokers, on two or all of them. */
function world(
  replicationFactor: number,
  minInsyncReplicas: number,
  seed = "1",
  settings: Partial<BrokerClusterSettings> = {},
) {
  const sim = new Simulation({ seed });
  const told: Told[] = [];
  const diskChanges: { at: number; partition: number; disks: PartitionDisks }[] = [];
  const events: string[] = [];
  const say = (what: string, at: number): void => {
    events.push(`${(at / SECOND).toFixed(2)} ${what}`);
  };
  const plans: (() => void)[] = [];
  const plan = sim.defineKind("plan", (number) => plans[number]!());
  const cluster = new BrokerCluster(
    sim,
    { ...SETTINGS, ...settings },
    [
      {
        name: "t",
        partitions: 3,
        replicationFactor,
        minInsyncReplicas,
        unclean: false,
        diskDelays: (leader, followers) => ({ append: leader, queueing: 0, replication: followers }),
        listener: {
          onDisksChanged: (partition, disks, _delays, at) =>
            diskChanges.push({ at: at / SECOND, partition, disks }),
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
  return { sim, cluster, told, events, at, statuses, diskChanges };
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

describe("a follower that is cut off from its leader", () => {
  /** Broker 1 leads partition 1, 2 and 0 follow it; at 30 s broker 0 is cut off from it. */
  const cutOff = (seconds: number, minInsyncReplicas: number, seed = "1") => {
    const all = world(3, minInsyncReplicas, seed);
    all.at(30, () => all.cluster.cut(0, 1, seconds * SECOND));
    all.sim.run(120 * SECOND);
    return all;
  };

  test("for less than replica.lag.time.max.ms: the high watermark stands until TCP is through, and nobody leaves", () => {
    const { statuses, told, events } = cutOff(5, 2);
    for (const partition of [0, 1]) expect(statuses(partition)).toEqual([`no-replication ${partition}`, `open ${partition}`]); // biome-ignore format: one line
    // Its leader is broker 2, which gets through to both.
    expect(statuses(2)).toEqual([]);
    expect(told.at(-1)!.at).toBe(36.2);
    expect(events).toEqual([]);
  });

  test("for longer: it leaves the replicas in sync 1 to 1.5 times that after, and comes back when it has caught up", () => {
    const delays: number[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const { statuses, told, events } = cutOff(60, 2, String(seed));
      expect(statuses(1)).toEqual(["no-replication 1", "open 1"]);
      delays.push(told.find(({ partition, change }) => partition === 1 && change.status === "open")!.at - 30);
      // Both have caught up a second after the cut: each of them had left the other's partition.
      expect(events.filter((event) => !event.includes("lagged"))).toEqual([
        "91.00 0 in sync",
        "91.00 1 in sync",
      ]);
    }
    expect(Math.min(...delays)).toBeGreaterThan(30);
    expect(Math.max(...delays)).toBeLessThanOrEqual(45);
    expect(Math.max(...delays) - Math.min(...delays)).toBeGreaterThan(10);
  });

  test("leaves too few where min.insync.replicas asks for all: acks=all is refused until it is back", () => {
    const { statuses } = cutOff(60, 3);
    expect(statuses(1)).toEqual(["no-replication 1", "not-enough-replicas 1", "open 1"]);
  });

  test("a leader that is cut off from all others is left alone, and may go on only if it is enough", () => {
    for (const [minInsyncReplicas, between] of [
      [1, "open 1"],
      [2, "not-enough-replicas 1"],
    ] as const) {
      const { sim, cluster, at, statuses, told } = world(3, minInsyncReplicas);
      at(30, () => cluster.cut(1, ALL, 60 * SECOND));
      sim.run(120 * SECOND);
      expect(statuses(1)).toEqual(minInsyncReplicas === 1 ? ["no-replication 1", between] : ["no-replication 1", between, "open 1"]); // biome-ignore format: one line
      expect(told.some(({ change }) => change.election !== undefined)).toBe(false);
    }
  });

  test("a follower that stands still leaves by its lag where that is shorter than its session", () => {
    const { sim, cluster, at, told, events } = world(3, 2, "1", { replicaLagTimeMax: 2 * SECOND });
    at(30, () => cluster.freeze(0, 6 * SECOND));
    sim.run(60 * SECOND);
    const open = told.find(({ partition, change }) => partition === 1 && change.status === "open")!;
    expect(open.at).toBeGreaterThan(32);
    expect(open.at).toBeLessThanOrEqual(33);
    expect(events.filter((event) => event.includes("fenced"))).toEqual([]);
    // Its own partition waits for it: nobody else may lead.
    expect(told.filter(({ partition }) => partition === 0).map(({ at: time }) => time)).toEqual([30, 36]);
    expect(events.at(-1)).toBe("37.00 0 in sync");
  });
});

describe("a broker that is cut off from the controller", () => {
  test("is fenced as if it were gone, and its clients hear of it when it is back", () => {
    const { sim, cluster, at, told, events, statuses } = world(3, 2);
    at(30, () => cluster.cut(0, CONTROLLER, 20 * SECOND));
    sim.run(60 * SECOND);
    expect(statuses(0)).toEqual(["open 1"]);
    const [fenced, back, inSync] = events;
    expect(fenced!.slice(6)).toBe("0 fenced, 1 elected, 0 leaderless");
    const lostAt = told[0]!.at;
    expect(lostAt).toBeGreaterThanOrEqual(37);
    expect(lostAt).toBeLessThanOrEqual(30 + 9 + 9 / 8);
    expect(told[0]!.change.election).toEqual({
      how: "clean",
      lostAt: lostAt * SECOND,
      noticedBy: 55.4 * SECOND,
      stillAnswers: true,
    });
    expect([back, inSync]).toEqual(["55.40 0 back", "56.40 0 in sync"]);
    // It follows the others all the while, until it counts no more.
    expect(statuses(1)).toEqual([]);
  });

  test("for less than its session nothing happens", () => {
    const { sim, cluster, at, told, events } = world(3, 2);
    at(30, () => cluster.cut(0, CONTROLLER, 2 * SECOND));
    sim.run(60 * SECOND);
    expect([told, events]).toEqual([[], []]);
  });

  test("a leader can't have a lagging follower taken out of the replicas in sync", () => {
    const { sim, cluster, at, told } = world(2, 1, "1", { replicaLagTimeMax: SECOND });
    at(30, () => {
      cluster.cut(0, CONTROLLER, 5 * SECOND);
      cluster.cut(0, 1, 60 * SECOND);
    });
    sim.run(60 * SECOND);
    // Through to the controller again after 6.2 s; then it looks every half second.
    const open = told.find(({ partition, change }) => partition === 0 && change.status === "open")!;
    expect(open.at).toBeGreaterThanOrEqual(36.2);
    expect(open.at).toBeLessThanOrEqual(36.7);
  });
});

describe("a slow disk", () => {
  test("is told of where its broker leads, and where it follows, until it is fast again", () => {
    const { sim, cluster, at, told, diskChanges } = world(2, 1);
    at(30, () => cluster.slowDisk(0, 10, 5 * SECOND));
    sim.run(60 * SECOND);
    const until = 35 * SECOND;
    const fast = { leader: 1, leaderUntil: 0, followers: 1, followersUntil: 0 };
    // Partition 0 on brokers 0 and 1, 1 on 1 and 2, 2 on 2 and 0.
    expect(diskChanges).toEqual([
      { at: 30, partition: 0, disks: { ...fast, leader: 10, leaderUntil: until } },
      { at: 30, partition: 2, disks: { ...fast, followers: 10, followersUntil: until } },
      { at: 35, partition: 0, disks: fast },
      { at: 35, partition: 2, disks: fast },
    ]);
    expect(told).toEqual([]);
  });

  test("that takes a follower half of replica.lag.time.max.ms for a fetch has it lag: it leaves, and comes back when it is fast", () => {
    const { sim, cluster, at, statuses, events } = world(3, 2, "1", { replicaLagTimeMax: 4 * SECOND });
    at(30, () => cluster.slowDisk(0, 21, 20 * SECOND));
    sim.run(60 * SECOND);
    expect(statuses(0)).toEqual([]);
    expect(statuses(1)).toEqual(["no-replication 1", "open 1"]);
    expect(events).toEqual(["51.00 0 in sync"]);
  });
});
