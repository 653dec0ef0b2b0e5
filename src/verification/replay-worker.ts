/** Replays the runs it is given, and posts each result. */

import { parentPort, workerData } from "node:worker_threads";
import { replayRun, type StoredRun } from "../experiment/index.ts";

// Whoever starts the worker gives it these.
for (const { number, run } of workerData as readonly { number: number; run: StoredRun }[]) {
  const { result, difference } = replayRun(run);
  parentPort?.postMessage({ number, text: JSON.stringify(result), difference });
}
