import type { KafkaObserver } from "../kafka/index.ts";
import { IntervalLedger, type Lineage } from "../records/index.ts";

/** **RecordConservation.** Which records each reader saw and how often, exact, by interval arithmetic on the ranks of
 *  each route. What was created, less what was seen, is lost once everything has been drained; what was seen again is
 *  duplicated. */
export class DeliveryLedger implements Pick<KafkaObserver, "delivered"> {
  readonly #lineage: Lineage;
  /** Per reader and route: at the origin partition. */
  readonly #ledgers: (IntervalLedger | undefined)[][][];

  constructor(readers: number, lineage: Lineage) {
    this.#lineage = lineage;
    this.#ledgers = Array.from({ length: readers }, () => []);
  }

  delivered(reader: number, originPartition: number, route: number, from: number, to: number): void {
    const routes = this.#ledgers[reader]!;
    while (routes.length <= route) routes.push([]);
    const ledgers = routes[route]!;
    while (ledgers.length <= originPartition) ledgers.push(undefined);
    let ledger = ledgers[originPartition];
    if (ledger === undefined) {
      ledger = new IntervalLedger();
      ledgers[originPartition] = ledger;
    }
    ledger.add(from, to);
  }

  /** Distinct records `reader` saw. */
  visible(reader: number): number {
    let sum = 0;
    for (const ledgers of this.#ledgers[reader]!) for (const ledger of ledgers) sum += ledger?.seen ?? 0;
    return sum;
  }

  /** Sightings after the first. */
  duplicated(reader: number): number {
    let sum = 0;
    for (const ledgers of this.#ledgers[reader]!) for (const ledger of ledgers) sum += ledger?.repeats ?? 0;
    return sum;
  }

  /** One sentence for each route on which `reader` saw something else than ranks 0, 1, 2, … once. */
  violations(reader: number, name: string): string[] {
    const found: string[] = [];
    this.#ledgers[reader]!.forEach((ledgers, route) => {
      ledgers.forEach((ledger, origin) => {
        const intervals = ledger?.intervals() ?? [];
        if (
          ledger === undefined ||
          (intervals.length === 1 && intervals[0]![0] === 0 && ledger.repeats === 0)
        )
          return;
        found.push(
          `reader ${name}, origin partition ${origin}, ${this.#lineage.routeById(route).title}: ` +
            `saw ${intervals.map(([a, b]) => `[${a}, ${b})`).join(" ")}, ${ledger.repeats} again`,
        );
      });
    });
    return found;
  }
}
