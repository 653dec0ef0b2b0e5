/** Models: a young JVM that works slower: what it does by the CPU takes longer by a factor that falls exponentially with the
 *    age of the process, as its code is compiled.
 *  Source: Java 17 (tiered compilation), seen in runs of Flink 2.1.1; the factors are measurements of the environment.
 *  Leaves out: files, whose store isn't the JVM's; that compilation follows use rather than age, garbage collection, classes that a restarted job loads anew. */

import { exp } from "../engine/index.ts";

export interface JvmWarmUp {
  /** ns; when the process was started, below 0 for one that is older than the simulation. */
  readonly startedAt: number;
  /** What the work of a process of age 0 takes beyond a warm one's, as a multiple of it. */
  readonly excess: number;
  /** ns in which the excess falls to 1/e; 0: at once. */
  readonly time: number;
}

/** How many times as long as in a warm process the same work takes now: 1 + excess * exp(-age / time). */
export function slowness({ startedAt, excess, time }: JvmWarmUp, now: number): number {
  return time === 0 ? 1 : 1 + excess * exp((startedAt - now) / time);
}
