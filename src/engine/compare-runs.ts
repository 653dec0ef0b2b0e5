import type { EngineObserver } from "./engine-observer.ts";
import { OrderFingerprint } from "./order-fingerprint.ts";
import type { SimTime } from "./sim-time.ts";
import type { Simulation } from "./simulation.ts";

/** Runs one simulation from its beginning, with the observer attached, and returns it when it has ended. It is called twice. */
export type ReplayableRun = (observer: EngineObserver) => Simulation;

/** One executed event, with its kind by name. */
export interface ExecutedEvent {
  readonly time: SimTime;
  readonly kind: string;
  readonly a: number;
  readonly b: number;
}

/** The first place where two runs differ. `index` counts executed events from 0; a run that had ended by then has null. */
export interface Divergence {
  readonly index: number;
  readonly left: ExecutedEvent | null;
  readonly right: ExecutedEvent | null;
}

const EVENTS_PER_BLOCK = 4096;

/** Keeps a fingerprint of the order up to the end of each block of events: eight bytes for thousands of events. */
class BlockRecorder implements EngineObserver {
  readonly digests: string[] = [];
  private readonly order = new OrderFingerprint();
  private inBlock = 0;

  onEvent(time: SimTime, kind: number, a: number, b: number): void {
    this.order.add(time, kind, a, b);
    if (++this.inBlock === EVENTS_PER_BLOCK) {
      this.inBlock = 0;
      this.digests.push(this.order.digest());
    }
  }
}

/** Keeps the events of one block. */
class WindowRecorder implements EngineObserver {
  readonly events: { time: SimTime; kind: number; a: number; b: number }[] = [];
  private readonly first: number;
  private seen = 0;

  constructor(first: number) {
    this.first = first;
  }

  onEvent(time: SimTime, kind: number, a: number, b: number): void {
    const index = this.seen++;
    if (index >= this.first && index < this.first + EVENTS_PER_BLOCK) this.events.push({ time, kind, a, b });
  }
}

/** Finds the first event in which two runs differ, or null when they executed the same events in the same order. Each run is
 *  made twice, once to find the block of events and once to look into it, so memory stays flat however long the runs are. */
export function compareRuns(left: ReplayableRun, right: ReplayableRun): Divergence | null {
  const leftBlocks = new BlockRecorder();
  const rightBlocks = new BlockRecorder();
  left(leftBlocks);
  right(rightBlocks);
  const common = Math.min(leftBlocks.digests.length, rightBlocks.digests.length);
  let block = 0;
  while (block < common && leftBlocks.digests[block] === rightBlocks.digests[block]) block++;

  const first = block * EVENTS_PER_BLOCK;
  const leftEvents = eventsFrom(left, first);
  const rightEvents = eventsFrom(right, first);
  const longest = Math.max(leftEvents.length, rightEvents.length);
  for (let i = 0; i < longest; i++) {
    const l = leftEvents[i] ?? null;
    const r = rightEvents[i] ?? null;
    if (l === null || r === null || l.time !== r.time || l.kind !== r.kind || l.a !== r.a || l.b !== r.b) {
      return { index: first + i, left: l, right: r };
    }
  }
  return null;
}

/** A divergence in one line. */
export function describeDivergence({ index, left, right }: Divergence): string {
  return `The runs differ first at event ${index}: ${describeEvent(left)} against ${describeEvent(right)}`;
}

function describeEvent(event: ExecutedEvent | null): string {
  return event === null ? "the end" : `${event.kind}(${event.a}, ${event.b}) at ${event.time} ns`;
}

function eventsFrom(run: ReplayableRun, first: number): ExecutedEvent[] {
  const recorder = new WindowRecorder(first);
  const simulation = run(recorder);
  return recorder.events.map((event) => ({ ...event, kind: simulation.kindName(event.kind) }));
}
