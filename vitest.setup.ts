import { fc } from "@fast-check/vitest";

/** Properties draw the same examples each time, so that a change and not the dice breaks a build. PROPERTY_SEED draws
 *  others: a number, or `random`. */
const seed = process.env["PROPERTY_SEED"] ?? "20261";
if (seed !== "random") fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: Number(seed) });
