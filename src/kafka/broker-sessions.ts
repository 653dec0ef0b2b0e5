/** Models: when the controller fences a broker that it doesn't hear of: a session ends a time-out after the last heartbeat, and
 *    one broker is fenced at a look.
 *  Source: kafka BrokerHeartbeatManager, QuorumController (a look each eighth of broker.session.timeout.ms, one broker each).
 *  Leaves out: heartbeats that are late. */

import type { RandomStream } from "../engine/index.ts";

/** Times in ns. */
export interface BrokerSessionsSettings {
  readonly brokers: number;
  /** broker.heartbeat.interval.ms */
  readonly heartbeatInterval: number;
  /** broker.session.timeout.ms */
  readonly sessionTimeout: number;
  /** from the controller's decision until brokers and clients can act on it. */
  readonly metadataDelay: number;
}

export class BrokerSessions {
  readonly #settings: BrokerSessionsSettings;
  readonly #lookPhase: number;
  /** Per broker. */
  readonly #heartbeatPhases: readonly number[];
  #lastLook = Number.NEGATIVE_INFINITY;

  constructor(settings: BrokerSessionsSettings, random: RandomStream) {
    this.#settings = settings;
    this.#lookPhase = random.below(this.#lookPeriod());
    this.#heartbeatPhases = Array.from({ length: settings.brokers }, () =>
      random.below(settings.heartbeatInterval),
    );
  }

  /** When the session of `broker` ends, which was last well at `heardOf`, ns. */
  expiresAt(broker: number, heardOf: number): number {
    const { heartbeatInterval, sessionTimeout } = this.#settings;
    const phase = this.#heartbeatPhases[broker]!;
    return heardOf - ((heardOf - phase + heartbeatInterval) % heartbeatInterval) + sessionTimeout;
  }

  /** When brokers and clients know that `broker` is fenced, which was last well at `heardOf`, ns: the first look behind the end of
   *  its session that fences nobody else, and the metadata's way. */
  fencedAfter(broker: number, heardOf: number): number {
    const period = this.#lookPeriod();
    const behind = this.expiresAt(broker, heardOf) - this.#lookPhase;
    let look = this.#lookPhase + Math.max(0, Math.ceil(behind / period)) * period;
    while (look <= this.#lastLook) look += period;
    this.#lastLook = look;
    return look + this.#settings.metadataDelay;
  }

  #lookPeriod(): number {
    return Math.max(1, Math.floor(this.#settings.sessionTimeout / 8));
  }
}
