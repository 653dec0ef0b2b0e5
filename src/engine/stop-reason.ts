/** Why a run returned. Hitting a bound is data, not an error: the caller decides what it means.
 *
 *  - `reached-end`: every event up to the end of the run was executed; the clock stands at the end.
 *  - `no-more-events`: nothing is pending; the clock stands at the last event executed.
 *  - `stopped`: a handler called `stop()`; the clock stands at that event.
 *  - `event-bound`: `bounds.events` events were executed.
 *  - `pending-bound`: more than `bounds.pending` events were pending at once. */
export type StopReason =
  | { readonly kind: "reached-end" }
  | { readonly kind: "no-more-events" }
  | { readonly kind: "stopped" }
  | { readonly kind: "event-bound"; readonly bound: number }
  | { readonly kind: "pending-bound"; readonly bound: number };
