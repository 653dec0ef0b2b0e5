export { compareCase } from "./compare-case.ts";
export { type FidelityReport, type KindSummary, summariseRows } from "./fidelity-report.ts";
export type { FidelityRow } from "./fidelity-row.ts";
export { type CaseReading, type ReferenceCase, readReferenceCase } from "./reference-case.ts";
export { type CaseSettings, type SimulatedPhases, simulateOverPhases } from "./simulate-case.ts";
