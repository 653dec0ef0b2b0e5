/** Models: when a highly available JobManager's successor leads: the lock of the lost one has to expire, and a successor to
 *    be there and to notice; and how long one may stand still before it finds, awake again, that it leads no longer.
 *  Source: flink KubernetesLeaderElector (fabric8 LeaderElector: a lease, renewed and tried for once a retry period),
 *    ZooKeeperLeaderElectionDriver (an ephemeral node, which lives as long as its session; the client sends a ping after a third
 *    of the time-out), KubernetesHighAvailabilityOptions, HighAvailabilityOptions
 *    (Flink 2.1); fabric8 LeaderElector.renewWithTimeout; zookeeper ClientCnxn (readTimeout: two thirds of the session's).
 *  Leaves out: jitter of the retry period, ZooKeeper's own bounds of a session's time-out, a leader that loses its lock though
 *    it is awake, high-availability.zookeeper.client.tolerate-suspended-connections. */

import { invariant } from "../engine/index.ts";

/** Durations in ns. */
export interface HighAvailability {
  /** `high-availability.type` */
  readonly type: "NONE" | "kubernetes" | "zookeeper";
  /** `high-availability.kubernetes.leader-election.lease-duration`, `.renew-deadline`, `.retry-period` */
  readonly leaseDuration: number;
  readonly renewDeadline: number;
  readonly retryPeriod: number;
  /** `high-availability.zookeeper.client.session-timeout` */
  readonly sessionTimeout: number;
}

export interface Succession {
  /** ns; the lock is known to be free. */
  readonly expiresAt: number;
  /** ns; the successor leads. */
  readonly leadsAt: number;
}

/** @param lostAt ns. @param startsAt ns, when a successor's process is there.
 *  @param sinceRenewal of the leader's last word, as a share of the time between two, from [0, 1).
 *  @param untilTry of the successor's next try, likewise. */
export function successionOf(
  settings: HighAvailability,
  lostAt: number,
  startsAt: number,
  sinceRenewal: number,
  untilTry: number,
): Succession {
  if (settings.type === "zookeeper") {
    const { sessionTimeout } = settings;
    const expiresAt = lostAt + Math.round(sessionTimeout * (1 - sinceRenewal / 3));
    return { expiresAt, leadsAt: Math.max(expiresAt, startsAt) };
  }
  invariant(settings.type === "kubernetes", "somebody is elected");
  const { leaseDuration, retryPeriod } = settings;
  const expiresAt = lostAt + Math.round(leaseDuration - retryPeriod * sinceRenewal);
  // A successor that starts behind it has its first try at once.
  const leadsAt = startsAt >= expiresAt ? startsAt : expiresAt + Math.round(retryPeriod * untilTry);
  return { expiresAt: leadsAt, leadsAt };
}

/** Whether a leader still leads after its process has stood still for so long, ns: its own elector gives up once it has not
 *  renewed its lease for the deadline, or its client once it has heard nothing from ZooKeeper.
 *  @param sinceRenewal of the leader's last word, as a share of the time between two, from [0, 1). */
export function survivesStandstill(
  { type, renewDeadline, retryPeriod, sessionTimeout }: HighAvailability,
  duration: number,
  sinceRenewal: number,
): boolean {
  if (type === "NONE") return true;
  if (type === "zookeeper") return duration + (sessionTimeout * sinceRenewal) / 3 < (2 / 3) * sessionTimeout;
  return duration + retryPeriod * sinceRenewal <= renewDeadline;
}
