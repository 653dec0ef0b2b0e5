export { hasFault } from "./case-faults.ts";
export { compareCase } from "./compare-case.ts";
export { type FidelityReport, type KindSummary, summariseRows } from "./fidelity-report.ts";
export type { FidelityRow } from "./fidelity-row.ts";
export { allGrounds, type Grounds, groundsOf, type Mechanism } from "./grounds.ts";
export { readPageSettings } from "./page-settings.ts";
export { type CaseReading, type ReferenceCase, readReferenceCase } from "./reference-case.ts";
export { largestShift, type Sensitivity, SHIFTS, type Shift, sensitivities } from "./sensitivity.ts";
export { type CaseSettings, type SimulatedPhases, simulateOverPhases } from "./simulate-case.ts";
