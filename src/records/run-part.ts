import type { Lineage } from "./lineage.ts";
import type { Route } from "./route.ts";
import { SpanList } from "./span-list.ts";

/** Takes out of a run of records, which pass evenly from one time to another, those on a narrower route. */
export class RunPart {
  /** Set by `of`: the part, and when its first and its last record pass, ns. */
  readonly spans: SpanList;
  first = 0;
  last = 0;
  readonly #lineage: Lineage;

  constructor(lineage: Lineage, separate: boolean) {
    this.#lineage = lineage;
    this.spans = new SpanList(separate);
  }

  /** The records of `run`, which pass from `first` to `last` (ns), that are on the route which `narrow` gives for theirs.
   *  `spans` is to be empty. @returns whether there are any. */
  of(run: SpanList, first: number, last: number, narrow: (route: Route) => Route): boolean {
    const lineage = this.#lineage;
    const spacing = run.records > 1 ? (last - first) / (run.records - 1) : 0;
    let head = -1;
    let tail = -1;
    for (let i = 0, earlier = 0; i < run.count; i++) {
      const partition = run.partition[i]!;
      const local = lineage.localPartition(partition);
      const route = lineage.routeById(run.route[i]!);
      const part = narrow(route);
      const from = lineage.translate(partition, route, part, run.from[i]!);
      const to = lineage.translate(partition, route, part, run.to[i]!);
      if (to > from) {
        const place = earlier - run.from[i]!;
        if (head < 0) head = place + route.rankOf(local, part.offsetOf(local, from));
        tail = place + route.rankOf(local, part.offsetOf(local, to - 1));
        this.spans.push(partition, part.id, from, to);
      }
      earlier += run.to[i]! - run.from[i]!;
    }
    if (head < 0) return false;
    // In an interleaved run the chosen ones may lie anywhere.
    this.spans.interleaved = run.interleaved && this.spans.count > 1;
    this.first = run.interleaved ? first : first + head * spacing;
    this.last = run.interleaved ? last : first + tail * spacing;
    return true;
  }
}
