import type { KafkaObserver } from "../kafka/index.ts";
import { IntervalLedger, type Lineage } from "../records/index.ts";

/** What one reader sees twice, late, or going back in time. Times in ns. */
export interface UpsertViewFigures {
  /** Records delivered that the reader had had before; a reader that de-duplicates by key drops exactly these. */
  twice: number;
  /** Records delivered for the first time behind newer ones of their route. */
  late: number;
  /** How often the view went back: the record delivered is older than one it had had. */
  setbacks: number;
  /** The furthest it went back: from the creation of the newest record seen to that of the one delivered. */
  deepest: number;
  /** The longest it took until the newest record, or a newer one, was there again. */
  longest: number;
}

interface View {
  readonly ledger: IntervalLedger;
  /** End of the ranks seen. */
  end: number;
  /** Since when the view lies back; -1: it doesn't. */
  backSince: number;
}

/** How the values that a reader keeps by key (an upsert view) go back in time. Records of one route pass in the order of their
 *  ranks, until a restored job sends again what it had sent since its checkpoint, or several Kafka partitions carry one key
 *  and one of them is held up: then older values overwrite newer ones, until the newest is there again.
 *  enable.idempotence prevents none of it: a restored producer has a new producer id, so its records are new to the broker
 *  (kafka ProducerStateManager), and it orders records within a partition only. */
export class UpsertView implements Pick<KafkaObserver, "delivered"> {
  readonly readers: readonly UpsertViewFigures[];
  readonly #lineage: Lineage;
  /** Per reader, at origin partition * ROUTES + route. */
  readonly #views: readonly Map<number, View>[];

  constructor(readers: number, lineage: Lineage) {
    this.#lineage = lineage;
    this.readers = Array.from({ length: readers }, () => ({
      twice: 0,
      late: 0,
      setbacks: 0,
      deepest: 0,
      longest: 0,
    }));
    this.#views = Array.from({ length: readers }, () => new Map());
  }

  delivered(
    reader: number,
    originPartition: number,
    route: number,
    from: number,
    to: number,
    first: number,
    last: number,
  ): void {
    const key = originPartition * ROUTES + route;
    let view = this.#views[reader]!.get(key);
    if (view === undefined) {
      view = { ledger: new IntervalLedger(), end: from, backSince: -1 };
      this.#views[reader]!.set(key, view);
    }
    const figures = this.readers[reader]!;
    const { repeats } = view.ledger;
    view.ledger.add(from, to);
    if (from < view.end) {
      const twice = view.ledger.repeats - repeats;
      figures.twice += twice;
      figures.late += Math.min(to, view.end) - from - twice;
      this.#goBack(figures, view, originPartition, route, from, first);
    }
    if (to < view.end) return;
    if (view.backSince >= 0) {
      const spacing = to - from > 1 ? (last - first) / (to - from - 1) : 0;
      const caughtUpAt = first + Math.max(0, view.end - 1 - from) * spacing;
      figures.longest = Math.max(figures.longest, caughtUpAt - view.backSince);
      view.backSince = -1;
    }
    view.end = to;
  }

  #goBack(
    figures: UpsertViewFigures,
    view: View,
    originPartition: number,
    route: number,
    rank: number,
    at: number,
  ): void {
    if (view.backSince < 0) {
      figures.setbacks++;
      view.backSince = at;
    }
    const createdAt = (one: number): number =>
      this.#lineage.createdAt(originPartition, this.#lineage.offsetOf(originPartition, route, one));
    figures.deepest = Math.max(figures.deepest, createdAt(view.end - 1) - createdAt(rank));
  }
}

/** More routes than a pipeline has. */
const ROUTES = 2 ** 24;
