/** Models: whether and when a job restarts after a failure, for each `restart-strategy.type`.
 *  Source: flink ExponentialDelayRestartBackoffTimeStrategy, FixedDelayRestartBackoffTimeStrategy,
 *    FailureRateRestartBackoffTimeStrategy, NoRestartBackoffTimeStrategy (Flink 2.1).
 *  Leaves out: failure enrichers, strategies of the user's own. */

const MILLISECOND = 1e6;

/** Durations in ns. */
export type RestartStrategySettings =
  | {
      readonly type: "exponential-delay";
      readonly initialBackoff: number;
      readonly maxBackoff: number;
      readonly backoffMultiplier: number;
      readonly resetBackoffThreshold: number;
      /** share of the delay, 0 to 1. */
      readonly jitterFactor: number;
      readonly attemptsBeforeResetBackoff: number;
    }
  | { readonly type: "fixed-delay"; readonly attempts: number; readonly delay: number }
  | {
      readonly type: "failure-rate";
      readonly maxFailuresPerInterval: number;
      readonly failureRateInterval: number;
      readonly delay: number;
    }
  | { readonly type: "none" };

/** Plain data; it lives with the JobMaster and is lost with it. Times in ns. */
export interface RestartStrategyState {
  /** Attempts since the back-off was last reset. */
  attempts: number;
  /** exponential-delay: until then failures belong to the attempt that was planned for that instant. */
  nextRestartAt: number;
  /** failure-rate: instants of the newest failures, oldest first. */
  failures: number[];
}

export interface RestartDecision {
  readonly canRestart: boolean;
  /** ns from the failure. */
  readonly delay: number;
  /** false: the failure was merged into an attempt that waits already, and counts as none of its own. */
  readonly isNewAttempt: boolean;
}

export function restartStrategy(): RestartStrategyState {
  return { attempts: 0, nextRestartAt: Number.NEGATIVE_INFINITY, failures: [] };
}

/** Takes note of a failure at `now`. @param uniform a draw of [0, 1), for the jitter. */
export function onFailure(
  state: RestartStrategyState,
  settings: RestartStrategySettings,
  now: number,
  uniform: number,
): RestartDecision {
  switch (settings.type) {
    case "exponential-delay":
      return exponentialDelay(state, settings, now, uniform);
    case "fixed-delay":
      state.attempts++;
      return { canRestart: state.attempts <= settings.attempts, delay: settings.delay, isNewAttempt: true };
    case "failure-rate":
      return failureRate(state, settings, now);
    case "none":
      return { canRestart: false, delay: 0, isNewAttempt: true };
  }
}

function exponentialDelay(
  state: RestartStrategyState,
  settings: RestartStrategySettings & { readonly type: "exponential-delay" },
  now: number,
  uniform: number,
): RestartDecision {
  const canRestart = (): boolean => state.attempts <= settings.attemptsBeforeResetBackoff;
  if (now <= state.nextRestartAt) {
    return { canRestart: canRestart(), delay: state.nextRestartAt - now, isNewAttempt: false };
  }
  // The threshold runs from the planned restart, not from the instant at which the job ran again.
  if (now - state.nextRestartAt >= settings.resetBackoffThreshold) state.attempts = 0;
  // The real arithmetic is in whole milliseconds.
  const initial = Math.trunc(settings.initialBackoff / MILLISECOND);
  const most = Math.trunc(settings.maxBackoff / MILLISECOND);
  let backoff = initial;
  for (let i = 0; i < state.attempts && backoff < most; i++) backoff *= settings.backoffMultiplier;
  backoff = Math.trunc(Math.min(backoff, most));
  const reach = Math.trunc(backoff * settings.jitterFactor);
  const jitter = Math.floor(uniform * (2 * reach + 1)) - reach;
  const delay = Math.max(initial, Math.min(backoff + jitter, most)) * MILLISECOND;
  state.nextRestartAt = now + delay;
  state.attempts++;
  return { canRestart: canRestart(), delay, isNewAttempt: true };
}

function failureRate(
  state: RestartStrategyState,
  settings: RestartStrategySettings & { readonly type: "failure-rate" },
  now: number,
): RestartDecision {
  const { maxFailuresPerInterval, failureRateInterval, delay } = settings;
  state.failures.push(now);
  // The queue holds one more than is allowed.
  if (state.failures.length > maxFailuresPerInterval + 1) state.failures.shift();
  const isFull = state.failures.length > maxFailuresPerInterval;
  const canRestart = !(isFull && now - state.failures[0]! <= failureRateInterval);
  return { canRestart, delay, isNewAttempt: true };
}
