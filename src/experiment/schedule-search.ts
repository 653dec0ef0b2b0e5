import type { checkSchedules } from "./check-schedules.ts";
import type { faultSchedules } from "./fault-schedules.ts";

/** The search among fault schedules, and what draws them. */
export interface ScheduleSearching {
  readonly checkSchedules: typeof checkSchedules;
  readonly faultSchedules: typeof faultSchedules;
}

/** Loads the search, and with it fast-check, which takes a while. */
export async function loadScheduleSearch(): Promise<ScheduleSearching> {
  const { checkSchedules } = await import("./check-schedules.ts");
  const { faultSchedules } = await import("./fault-schedules.ts");
  return { checkSchedules, faultSchedules };
}
