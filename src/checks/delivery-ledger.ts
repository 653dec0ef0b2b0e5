import type { KafkaObserver } from "../kafka/index.ts";
import { IntervalLedger, type Lineage } from "../records/index.ts";

/** **RecordConservation.** Which records each reader saw and how often, exact, by interval arithmetic on the ranks of
 *  each route. What was created, less what was seen, is lost once everything has been drained; what was seen again is
 *  duplicated. */
export class DeliveryLedger implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  /** Per reader: at origin partition * ROUTES + route. */
  readonly #ledgers: (IntervalLedger | undefined)[][];

  constructor(readers: number, lineage: Lineage) {
    this.#lineage = lineage;
    this.#ledgers = Array.from({ length: readers }, () => []);
  }

  delivered(reader: number, originPartition: number, route: number, from: number, to: number): void {
    const ledgers = this.#ledgers[reader]!;
    const key = originPartition * ROUTES + route;
    while (ledgers.length <= key) ledgers.push(undefined);
    let ledger = ledgers[key];
    if (ledger === undefined) {
      ledger = new IntervalLedger();
      ledgers[key] = ledger;
    }
    ledger.add(from, to);
  }

  /** Distinct records `reader` saw. */
  visible(reader: number): number {
    let sum = 0;
    for (const ledger of this.#ledgers[reader]!) sum += ledger?.seen ?? 0;
    return sum;
  }

  /** Sightings after the first. */
  duplicated(reader: number): number {
    let sum = 0;
    for (const ledger of this.#ledgers[reader]!) sum += ledger?.repeats ?? 0;
    return sum;
  }

  /** One sentence for each route on which `reader` saw something else than ranks 0, 1, 2, … once. */
  violations(reader: number, name: string): string[] {
    const found: string[] = [];
    for (const [key, ledger] of this.#ledgers[reader]!.entries()) {
      if (ledger === undefined) continue;
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

/** More routes than a pipeline has; numbers of routes stay below. */
const ROUTES = 1024;
