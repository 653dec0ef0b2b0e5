/** Models: when a heartbeat sender declares its target lost: refused heartbeats in a row, or silence.
 *  Source: flink HeartbeatManagerSenderImpl (one timer for all targets, at a fixed rate), DefaultHeartbeatMonitor
 *    (Flink 2.1).
 *  Leaves out: the event of each heartbeat, since nothing follows from one that is answered. */

/** Durations in ns. */
export interface HeartbeatSettings {
  readonly interval: number;
  readonly timeout: number;
  /** Refused heartbeats in a row after which the target is lost; -1: they don't count. */
  readonly rpcFailureThreshold: number;
  /** From a request until its answer is back. */
  readonly roundTrip: number;
}

/** The first heartbeat at or after `time` of a sender that sends at `phase`, `phase` + interval, ... (ns). */
export function nextHeartbeat(settings: HeartbeatSettings, phase: number, time: number): number {
  const { interval } = settings;
  return phase + Math.max(0, Math.ceil((time - phase) / interval)) * interval;
}

/** When the last heartbeat before `time` was answered; `phase` minus one interval when none was, ns. */
function lastAnswer(settings: HeartbeatSettings, phase: number, time: number): number {
  const { interval, roundTrip } = settings;
  return phase + Math.floor((time - roundTrip - phase) / interval) * interval + roundTrip;
}

/** When a target whose process ended at `time` is declared lost, if it doesn't come back under the same identity: at the
 *  heartbeat that is refused as the last of the threshold, or when the time-out is over, whichever is first. */
export function lostAfterDeath(settings: HeartbeatSettings, phase: number, time: number): number {
  const { interval, rpcFailureThreshold } = settings;
  const silent = lostAfterSilence(settings, phase, time);
  if (rpcFailureThreshold < 0) return silent;
  const refused = nextHeartbeat(settings, phase, time) + Math.max(0, rpcFailureThreshold - 1) * interval;
  return Math.min(refused, silent);
}

/** When a target that has answered nothing since `time` is declared lost: the time-out runs from its last answer, ns. */
export function lostAfterSilence(settings: HeartbeatSettings, phase: number, time: number): number {
  return Math.max(time, lastAnswer(settings, phase, time) + settings.timeout);
}
