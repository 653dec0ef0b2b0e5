import type { KafkaObserver } from "../kafka/index.ts";
import { IntervalLedger, type Lineage } from "../records/index.ts";

/** **RecordConservation.** Which records each reader saw and how often, exact, by interval arithmetic on the ranks of
 *  each route. What was created, less what was seen, is lost once everything has been drained; what was seen again is
 *  duplicated. */
export class DeliveryLedger implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  /** Per reader: per origin partition and route. */
  readonly #ledgers: Map<number, IntervalLedger>[];

  constructor(readers: number, lineage: Lineage) {
    this.#lineage = lineage;
    this.#ledgers = Array.from({ length: readers }, () => new Map());
  }

  delivered(reader: number, originPartition: number, route: number, from: number, to: number): void {
    const key = originPartition * ROUTES + route;
    const ledgers = this.#ledgers[reader]!;
    let ledger = ledgers.get(key);
    if (ledger === undefined) {
      ledger = new IntervalLedger();
      ledgers.set(key, ledger);
    }
    ledger.add(from, to);
  }

  /** Distinct records `reader` saw. */
  visible(reader: number): number {
    let sum = 0;
    for (const ledger of this.#ledgers[reader]!.values()) sum += ledger.seen;
    return sum;
  }

  /** Sightings after the first. */
  duplicated(reader: number): number {
    let sum = 0;
    for (const ledger of this.#ledgers[reader]!.values()) sum += ledger.repeats;
    return sum;
  }

  /** One sentence for each route on which `reader` saw something else than ranks 0, 1, 2, … once. */
  violations(reader: number, name: string): string[] {
    const found: string[] = [];
    for (const [key, ledger] of this.#ledgers[reader]!) {
      const origin = Math.floor(key / ROUTES);
      const route = this.#lineage.routeById(key % ROUTES);
      const intervals = ledger.intervals();
      if (intervals.length !== 1 || intervals[0]![0] !== 0 || ledger.repeats > 0) {
        found.push(
          `reader ${name}, origin partition ${origin}, key groups ${route.firstGroup} to ${route.endGroup - 1}: ` +
            `saw ${intervals.map(([a, b]) => `[${a}, ${b})`).join(" ")}, ${ledger.repeats} again`,
        );
      }
    }
    return found;
  }
}

const ROUTES = 4096;
