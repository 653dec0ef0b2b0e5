/** Models: nothing of the real world; it makes the faults of a plan happen: at an instant or several, at a moment that the
 *    models report, or again and again.
 *  Source: none.
 *  Leaves out: faults that depend on the data (poison records), which the operator brings about itself. */

import { type RandomStream, type Simulation, WeibullDistribution } from "../engine/index.ts";
import type { Fault, FaultPlan, FaultTime, Moment } from "./fault-plan.ts";

/** Makes a fault happen now. */
export type FaultPerformer = (fault: Fault) => void;

interface Waiting {
  readonly index: number;
  readonly time: FaultTime & { readonly kind: "when" };
  /** times that the moment has come. */
  seen: number;
}

export class FaultInjector {
  readonly #sim: Simulation;
  readonly #kind: number;
  readonly #plan: FaultPlan;
  readonly #perform: FaultPerformer;
  readonly #jobs: readonly string[];
  readonly #waiting: Waiting[] = [];
  readonly #randoms: readonly (RandomStream | undefined)[];

  /** @param kind event kind; payload a = place of the fault in the plan. @param jobs names by number, as moments give them. */
  constructor(
    sim: Simulation,
    kind: number,
    plan: FaultPlan,
    jobs: readonly string[],
    perform: FaultPerformer,
  ) {
    this.#sim = sim;
    this.#kind = kind;
    this.#plan = plan;
    this.#jobs = jobs;
    this.#perform = perform;
    this.#randoms = plan.map(({ name, time }) =>
      time.kind === "every" ? sim.stream(`fault ${name}`) : undefined,
    );
    plan.forEach(({ time }, index) => {
      if (time.kind === "at") sim.scheduleAt(Math.max(sim.now, time.time), kind, index, 0);
      else if (time.kind === "trace")
        for (const at of time.times) sim.scheduleAt(Math.max(sim.now, at), kind, index, 0);
      else if (time.kind === "every") this.#scheduleNext(index, time, Math.max(sim.now, time.from));
      else this.#waiting.push({ index, time, seen: 0 });
    });
  }

  /** Handler of the event. */
  onDue(index: number): void {
    const fault = this.#plan[index]!;
    this.#perform(fault);
    if (fault.time.kind === "every") this.#scheduleNext(index, fault.time, this.#sim.now);
  }

  /** Whether any fault waits for a moment. */
  get waits(): boolean {
    return this.#waiting.length > 0;
  }

  /** A moment has come, or is sure to come at `at`, ns; a fault that waits for it happens after everything of that instant that
   *  was scheduled before. @param job number of the job; -1: of none. @param checkpoint 0: of none. */
  onMoment(moment: Moment, job: number, checkpoint: number, at: number = this.#sim.now): void {
    for (const one of this.#waiting) {
      const { time } = one;
      if (time.moment !== moment) continue;
      if (time.job !== undefined && this.#jobs[job] !== time.job) continue;
      if (time.checkpoint !== undefined && time.checkpoint !== checkpoint) continue;
      one.seen++;
      if (one.seen === time.occurrence)
        this.#sim.scheduleAt(Math.ceil(at) + time.after, this.#kind, one.index, 0);
    }
  }

  #scheduleNext(index: number, time: FaultTime & { readonly kind: "every" }, from: number): void {
    const { mean, shape, until } = time;
    const unit = new WeibullDistribution(1, shape);
    const delay = (unit.sample(this.#randoms[index]!) / unit.mean) * mean;
    const at = from + Math.max(1, Math.round(delay));
    if (at <= until && at < Number.MAX_SAFE_INTEGER) this.#sim.scheduleAt(at, this.#kind, index, 0);
  }
}
