import { availableParallelism } from "node:os";
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
  });
  return {
    workers: threads,
    run: (task) => pool.run(task),
    close: () => pool.destroy(),
  };
}
