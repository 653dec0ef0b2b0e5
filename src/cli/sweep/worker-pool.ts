import module from "node:module";
import { availableParallelism } from "node:os";
import { dirname } from "node:path";
import type { TaskRunner } from "./run-sweep.ts";

/** Worker threads that run tasks, one at a time each. */
export interface WorkerPool extends TaskRunner {
  /** Ends the workers, whatever they are at. */
  close(): Promise<void>;
}

/** Starts a pool. @param workers how many; undefined: one a core. */
export async function openWorkerPool(workers: number | undefined): Promise<WorkerPool> {
  const { Piscina } = await import("piscina");
  const threads = workers ?? availableParallelism();
  const pool = new Piscina<unknown, string>({
    filename: new URL("./sweep-worker.ts", import.meta.url).href,
    name: "runTask",
    minThreads: threads,
    maxThreads: threads,
    // The environment of the tests is none of a worker's business.
    execArgv: [],
    env: workerEnvironment(),
  });
  return {
    workers: threads,
    run: (task) => pool.run(task),
    close: () => pool.destroy(),
  };
}

/** That of the process, and its cache of stripped sources, which isn't a worker's by itself: a thread that strips types has every
 *  access to a typed array checked from then on (docs/performance.md). */
function workerEnvironment(): Record<string, string> {
  const environment = Object.entries(process.env).filter(
    (one): one is [string, string] => one[1] !== undefined,
  );
  const cache = module.getCompileCacheDir();
  return { ...Object.fromEntries(environment), ...(cache && { NODE_COMPILE_CACHE: dirname(cache) }) };
}
