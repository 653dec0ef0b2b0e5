/** One process of the bench: `node run-candidate.ts DRAWS MODULE QUEUE PARAMETER...` prints one measurement as JSON. A process
 *  each, because the second candidate in a process runs code that was compiled for the first. */

import { readFileSync } from "node:fs";
import type { Measure } from "./candidate.ts";

const [drawsPath, module, queue, ...parameters] = process.argv.slice(2);
const draws = new Float64Array(new Uint8Array(readFileSync(drawsPath!)).buffer);
const { measure } = (await import(`./workloads/${module}.ts`)) as { measure: Measure };
process.stdout.write(
  `${JSON.stringify(measure({ draws, parameters, queue: queue as "auto" | "heap" | "ladder" }))}\n`,
);
