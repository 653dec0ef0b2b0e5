/** Models: what clients ask transaction coordinators and are answered: each request takes its way, comes to a broker that works,
 *  stands still or is gone, and its answer takes its way back, unless a fault of the network is about it.
 *  Source: kafka NetworkClient, TransactionManager (FindCoordinator), KafkaApis.
 *  Leaves out: quotas, requests that queue behind others of their connection. */

import type { Simulation } from "../engine/index.ts";
import type { BrokerState } from "./broker-cluster.ts";
import type { BrokerTiming } from "./broker-timing.ts";
import { ClientLinks, type ClientPlace, NO_JOB } from "./client-links.ts";
import {
  CONCURRENT_TRANSACTIONS,
  COORDINATOR_NOT_AVAILABLE,
  type KafkaError,
  NOT_COORDINATOR,
} from "./kafka-error.ts";
import type { TransactionVersion } from "./transaction-protocol.ts";

export type TransactionRequestKind = "InitProducerId" | "AddPartitionsToTxn" | "EndTxn";

/** What a client asks a coordinator. */
export interface TransactionRequest {
  readonly kind: TransactionRequestKind;
  readonly transactionalId: string;
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly version: TransactionVersion;
  /** InitProducerId: transaction.timeout.ms, ns, and whether the client names its own producer id and epoch. */
  readonly timeout: number;
  readonly bumpsOwnEpoch: boolean;
  /** AddPartitionsToTxn: partitions by number, and the run's number of the transaction. */
  readonly partitions: readonly number[];
  readonly transaction: number;
  /** EndTxn */
  readonly commit: boolean;
}

/** What a coordinator answers. */
export interface TransactionAnswer {
  readonly error: KafkaError;
  readonly producerId: number;
  readonly producerEpoch: number;
}

export function refusal(error: KafkaError): TransactionAnswer {
  return { error, producerId: -1, producerEpoch: -1 };
}

/** Whoever sends requests: one at a time. */
export interface TransactionRequester {
  /** The answer to request `sequence` has arrived. */
  onAnswer(sequence: number, answer: TransactionAnswer): void;
  /** What the client waited for by itself (FindCoordinator) is over. */
  onCoordinatorFound(sequence: number, broker: number): void;
  /** Request `sequence` has waited for as long as its client waits. */
  onTimeout(sequence: number): void;
}

/** The brokers as they fail and come back. */
export interface CoordinatorSurroundings {
  stateOf(broker: number): BrokerState;
  /** When a partition of __transaction_state can be written again, ns. */
  stateLogOpenAt(partition: number): number;
  /** When a request of broker `from` that leaves at `at` gets through to broker `to`, ns. */
  passesAt(from: number, to: number, at: number): number;
}

/** How the brokers are, and the ways to them; set by worlds where they can fail. */
export class CoordinatorNetwork {
  links = new ClientLinks();
  surroundings: CoordinatorSurroundings = {
    stateOf: () => "works",
    stateLogOpenAt: () => 0,
    passesAt: (_from, _to, at) => at,
  };
}

interface UnderWay {
  readonly requester: number;
  readonly sequence: number;
  readonly broker: number;
  readonly request: TransactionRequest;
  answer: TransactionAnswer | undefined;
  /** It has come to a broker that stands still. */
  isHeld: boolean;
}

/** What is counted of requests. */
interface RequestCounters {
  findCoordinator: number;
  concurrentTransactions: number;
}

export class TransactionRequests {
  readonly #sim: Simulation;
  readonly #timing: BrokerTiming;
  readonly #brokers: number;
  readonly #network: CoordinatorNetwork;
  readonly #counters: RequestCounters;
  readonly #requesters = new Map<number, TransactionRequester>();
  readonly #places = new Map<number, ClientPlace>();
  readonly #underWay = new Map<number, UnderWay>();
  readonly #kinds: Readonly<Record<"arrives" | "answered" | "found" | "timeout", number>>;
  #lastRequest = 0;
  #lastRequester = 0;

  /** @param onArrives a request that is unanswered has come to its broker. @param coordinatorOf the broker of an id. */
  constructor(
    sim: Simulation,
    timing: BrokerTiming,
    brokers: number,
    network: CoordinatorNetwork,
    counters: RequestCounters,
    onArrives: (number: number, broker: number, request: TransactionRequest) => void,
    coordinatorOf: (transactionalId: string) => number,
  ) {
    this.#sim = sim;
    this.#timing = timing;
    this.#brokers = brokers;
    this.#network = network;
    this.#counters = counters;
    this.#kinds = {
      arrives: sim.defineKind("transaction request arrives", (number) => {
        const underWay = this.#underWay.get(number);
        if (underWay !== undefined && underWay.answer === undefined)
          onArrives(number, underWay.broker, underWay.request);
      }),
      answered: sim.defineKind("transaction answer arrives", (number) => {
        const { requester, sequence, answer } = this.#underWay.get(number)!;
        this.#underWay.delete(number);
        this.#requesters.get(requester)?.onAnswer(sequence, answer!);
      }),
      found: sim.defineKind("coordinator found", (number, sequence) => {
        this.#requesters.get(number)?.onCoordinatorFound(sequence, sim.now);
      }),
      timeout: sim.defineKind("transaction request times out", (number, sequence) => {
        this.#requesters.get(number)?.onTimeout(sequence);
      }),
    };
    this.#coordinatorOf = coordinatorOf;
  }

  readonly #coordinatorOf: (transactionalId: string) => number;

  /** ns from a request that writes nothing until its answer is in the client's hands. */
  get readTime(): number {
    const { roundTrip, requestHandling, clientWakeup } = this.#timing;
    return roundTrip + requestHandling + clientWakeup;
  }

  /** @param place undefined: nothing comes between it and the brokers. */
  register(requester: TransactionRequester, place?: ClientPlace): number {
    this.#requesters.set(++this.#lastRequester, requester);
    if (place !== undefined) this.#places.set(this.#lastRequester, place);
    return this.#lastRequester;
  }

  /** The client is gone: nothing is delivered to it any more; what it has sent takes its course. */
  unregister(requester: number): void {
    this.#requesters.delete(requester);
    this.#places.delete(requester);
  }

  /** FindCoordinator, sent at `at`; onCoordinatorFound tells. */
  findCoordinator(requester: number, sequence: number, at: number): void {
    this.#counters.findCoordinator++;
    // Any broker answers it.
    const place = this.#places.get(requester);
    const { links } = this.#network;
    let through = Number.POSITIVE_INFINITY;
    for (let broker = 0; broker < this.#brokers; broker++)
      through = Math.min(through, links.cutUntil(place, broker, at));
    const answered = Math.round(through + this.readTime);
    this.#sim.scheduleAt(answered, this.#kinds.found, requester, sequence);
  }

  /** `request` is sent to `broker` at `at` (ns, not past); onAnswer tells. */
  send(requester: number, sequence: number, broker: number, request: TransactionRequest, at: number): void {
    const number = ++this.#lastRequest;
    this.#underWay.set(number, { requester, sequence, broker, request, answer: undefined, isHeld: false });
    const { roundTrip, requestHandling } = this.#timing;
    const { links } = this.#network;
    const place = this.#places.get(requester);
    const isEndTxn = request.kind === "EndTxn";
    if (isEndTxn && links.isLost("EndTxn request", jobOf(place))) {
      this.#underWay.delete(number);
      return;
    }
    const heldUp = isEndTxn ? links.delayOf("EndTxn request", jobOf(place)) : 0;
    const sentAt = links.requestPassesAt(place, broker, at) + heldUp;
    const arrivesAt = Math.round(sentAt + roundTrip / 2 + requestHandling);
    this.#sim.scheduleAt(arrivesAt, this.#kinds.arrives, number, 0);
    if (!isEndTxn || !links.isDuplicated("EndTxn request", jobOf(place))) return;
    // The second answer is nobody's.
    const copy = ++this.#lastRequest;
    this.#underWay.set(copy, { requester: 0, sequence, broker, request, answer: undefined, isHeld: false });
    this.#sim.scheduleAt(arrivesAt, this.#kinds.arrives, copy, 0);
  }

  /** Calls onTimeout of a requester at `at`, ns. @returns the event. */
  planTimeout(requester: number, sequence: number, at: number): number {
    return this.#sim.scheduleAt(Math.ceil(at), this.#kinds.timeout, requester, sequence);
  }

  /** A request that waits for its answer; undefined: it has it, or is gone. */
  waiting(number: number): TransactionRequest | undefined {
    const underWay = this.#underWay.get(number);
    return underWay === undefined || underWay.answer !== undefined ? undefined : underWay.request;
  }

  /** The broker answers. */
  reply(number: number, answer: TransactionAnswer): void {
    if (answer.error === CONCURRENT_TRANSACTIONS) this.#counters.concurrentTransactions++;
    const underWay = this.#underWay.get(number)!;
    underWay.answer = answer;
    const place = this.#places.get(underWay.requester);
    const { links } = this.#network;
    const isEndTxn = underWay.request.kind === "EndTxn";
    if (isEndTxn && links.isLost("EndTxn response", jobOf(place))) {
      this.#underWay.delete(number);
      return;
    }
    const heldUp = isEndTxn ? links.delayOf("EndTxn response", jobOf(place)) : 0;
    // Its client drops an answer that comes twice.
    if (isEndTxn) links.isDuplicated("EndTxn response", jobOf(place));
    const { roundTrip, clientWakeup } = this.#timing;
    const sentAt = links.responsePassesAt(place, underWay.broker, this.#sim.now) + heldUp;
    this.#sim.scheduleAt(Math.round(sentAt + roundTrip / 2 + clientWakeup), this.#kinds.answered, number, 0);
  }

  /** Whether the broker that a request has come to works; one that doesn't refuses it, keeps it or lets it vanish. */
  isTaken(number: number): boolean {
    const underWay = this.#underWay.get(number)!;
    const state = this.#network.surroundings.stateOf(underWay.broker);
    if (state === "refuses") this.reply(number, refusal(COORDINATOR_NOT_AVAILABLE));
    else if (state === "frozen") underWay.isHeld = true;
    else if (state === "gone") this.#underWay.delete(number);
    return state === "works";
  }

  /** What was sent to a broker that has ended: its host says so, or nobody does. What a frozen one gets is kept.
   *  @param isOne of those requests that are concerned. */
  lose(broker: number, isOne: (request: TransactionRequest) => boolean): void {
    const state = this.#network.surroundings.stateOf(broker);
    if (state === "frozen" || state === "works") return;
    for (const [number, { request, broker: to, answer }] of this.#underWay) {
      if (to !== broker || answer !== undefined || !isOne(request)) continue;
      if (state === "refuses") this.reply(number, refusal(COORDINATOR_NOT_AVAILABLE));
      else this.#underWay.delete(number);
    }
  }

  /** A broker that stood still goes on, with what it was sent meanwhile. */
  takeHeld(isOne: (request: TransactionRequest) => boolean): void {
    for (const [number, underWay] of [...this.#underWay]) {
      if (!underWay.isHeld || !isOne(underWay.request)) continue;
      underWay.isHeld = false;
      this.#sim.scheduleAfter(0, this.#kinds.arrives, number, 0);
    }
  }

  /** A broker that stood still finds what it was sent, and knows no more of what others have taken over. */
  onBrokerBack(broker: number): void {
    for (const [number, underWay] of [...this.#underWay]) {
      if (underWay.broker !== broker || underWay.answer !== undefined) continue;
      if (this.#coordinatorOf(underWay.request.transactionalId) === broker) continue;
      this.reply(number, refusal(NOT_COORDINATOR));
    }
  }
}

function jobOf(place: ClientPlace | undefined): number {
  return place?.job ?? NO_JOB;
}
