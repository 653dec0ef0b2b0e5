import { Simulation } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import type { BrokerState } from "./broker-cluster.ts";
import { ClientLinks } from "./client-links.ts";
import { InFlightBatches, type InFlightSettings } from "./in-flight-batches.ts";
import type { LeaderChange, PartitionStatus } from "./partition-change.ts";
import { Topic } from "./topic.ts";

/** ns from an append until the high watermark has passed it. */
const DELAY = 100;

const SETTINGS: InFlightSettings = {
  topic: 0,
  acks: "all",
  idempotence: true,
  maxInFlight: 5,
  retries: 2_147_483_647,
  retryBackoff: 100,
  retryBackoffMax: 1000,
  requestTimeout: 30_000,
  deliveryTimeout: 120_000,
  service: 130,
  mostBatches: 1000,
  maxBlock: 60_000,
  handling: 30,
  appendTime: 50,
  answerTime: 5,
  recordsOfBatch: 4,
  recordsOfRequest: 1000,
  links: new ClientLinks(),
  client: undefined,
  stateOf: () => "works",
  transactionProtocol: 1,
};

/** A producer's batches in flight, what becomes readable of them, and times at which anything is done to them. Broker 0 leads
 *  all partitions, and after an election broker 1. */
export function inFlightWorld(changes: Partial<InFlightSettings> = {}, partitions = 1) {
  const sim = new Simulation({ seed: "1" });
  const topic = new Topic("out", partitions, 1, DELAY);
  const lost: (readonly [records: number, reason: string])[] = [];
  const repeated: number[] = [];
  /** Ranks of each partition that became readable, in order. */
  const readable: (readonly [rank: number, at: number])[][] = topic.logs.map(() => []);
  topic.readLive = true;
  for (const log of topic.logs) {
    log.subscribe({
      isolationLevel: "read_uncommitted",
      isAtBroker: true,
      readable: (partition, _origin, _route, from, to, first, last) => {
        const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
        for (let k = 0; k < to - from; k++)
          readable[partition]!.push([from + k, Math.round(first + k * spacing)]);
      },
    });
  }
  const states = ["works", "works", "works"] as BrokerState[];
  const links = new ClientLinks();
  const due = sim.defineKind("due", () => inFlight.onDue());
  const inFlight: InFlightBatches = new InFlightBatches(
    sim,
    due,
    0,
    topic,
    { ...SETTINGS, links, stateOf: (broker) => states[broker]!, ...changes },
    false,
    {
      delivered: () => {},
      transactionBegan: () => {},
      transactionPrepared: () => {},
      transactionCompleted: () => {},
      transactionAborted: () => {},
      recordsLost: (_topic, _partition, records, reason) => lost.push([records, reason]),
      recordsRepeated: (_topic, _partition, records) => repeated.push(records),
    },
  );
  topic.attachProducer(inFlight);
  topic.listen(inFlight);
  const plans: (() => void)[] = [];
  const plan = sim.defineKind("plan", (number) => plans[number]!());
  const at = (time: number, act: () => void): void => {
    sim.scheduleAt(time, plan, plans.length, 0);
    plans.push(act);
  };
  const ranksOf = topic.logs.map(() => 0);
  /** `count` records that would be appended evenly from `first` to `last`. */
  const add = (count: number, first: number, last: number, transaction = 0, partition = 0): void => {
    const spans = new SpanList(false);
    const rank = ranksOf[partition]!;
    spans.push(0, 0, rank, rank + count);
    ranksOf[partition] = rank + count;
    inFlight.add(partition, spans, first, last, transaction);
  };
  /** The leader's process ends when there is none any more. */
  const change = (
    status: PartitionStatus,
    election?: Partial<LeaderChange>,
    ends: BrokerState = "refuses",
    partition = 0,
  ): void => {
    topic.settle(sim.now);
    const elected = election?.how === "returned" ? 0 : 1;
    const leader = election === undefined ? topic.leader(partition) : elected;
    if (status === "no-leader") states[0] = ends;
    else if (leader === 0) states[0] = "works";
    const whole = election && ({ how: "clean", lostAt: 1000, noticedBy: 1000, ...election } as const);
    topic.onPartitionChanged(partition, { status, leader, election: whole }, sim.now);
  };
  const run = (end: number) => {
    sim.run(end);
    topic.settle(end);
    return readable[0]!;
  };
  const ranks = (end: number) => run(end).map(([one]) => one);
  return { sim, topic, inFlight, at, add, change, run, ranks, readable, lost, repeated, links };
}
