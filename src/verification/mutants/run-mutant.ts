/** `node run-mutant.ts NAME SCHEDULES`: puts the mutant of this name into the sources as they are loaded, and prints as JSON how
 *  long it lived. `control:SETUP`: the same for the sources as they are, and any check. */

import { registerHooks } from "node:module";
import { MUTANTS, SETUPS } from "./mutants.ts";

const [name = "", schedules = "1"] = process.argv.slice(2);
const mutant = MUTANTS.find((one) => one.name === name);
const setup = mutant?.setup ?? (name.replace("control:", "") as keyof typeof SETUPS);
if (!(setup in SETUPS)) throw new Error(`Cannot run a mutant: got "${name}", wanted a name of mutants.ts`);
let isIn = mutant === undefined;
if (mutant !== undefined) {
  const { file, find, replace } = mutant;
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context);
      if (!url.endsWith(`/src/${file}`)) return loaded;
      const source = String(loaded.source);
      if (source.split(find).length !== 2)
        throw new Error(`Cannot run ${name}: src/${file} hasn't its text once`);
      isIn = true;
      return { ...loaded, source: source.replace(find, () => replace) };
    },
  });
}
const { searchMutant } = await import("./search-mutant.ts");
const search = searchMutant(setup, mutant?.killedBy ?? "", Number(schedules), mutant?.faults);
if (!isIn) throw new Error(`Cannot run ${name}: src/${mutant?.file} was never loaded`);
process.stdout.write(JSON.stringify(search));
