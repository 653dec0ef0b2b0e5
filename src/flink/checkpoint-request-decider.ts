/** Models: the queue of checkpoint requests, and which of them may start now.
 *  Source: flink CheckpointRequestDecider (Flink 2.2).
 *  Leaves out: nothing; requests of the same kind and time keep the order in which they came, where Flink compares
 *    identity hash codes. */

import { type CheckpointProperties, isSavepoint } from "./checkpoint-properties.ts";

export interface CheckpointRequest {
  /** Counts up; tells requests apart. */
  readonly number: number;
  readonly properties: CheckpointProperties;
  readonly periodic: boolean;
  /** ns, when it was made. */
  readonly at: number;
}

export const MOST_QUEUED_REQUESTS = 1000;

/** What the choice depends on besides the queue. All times ns. */
export interface Admission {
  readonly now: number;
  readonly isTriggering: boolean;
  readonly pending: number;
  /** ended checkpoints whose files are being deleted. */
  readonly cleaning: number;
  readonly maxConcurrent: number;
  readonly lastCompletionAt: number;
  readonly minPause: number;
}

/** A request is started, or dropped because of the minimum pause: then the periodic timer starts anew at `earliest`. */
export type Choice =
  | { readonly kind: "none" }
  | { readonly kind: "start"; readonly request: CheckpointRequest }
  | { readonly kind: "too-early"; readonly request: CheckpointRequest; readonly earliest: number };

const NONE: Choice = { kind: "none" };

/** Savepoints first, then forced requests, then those that nobody's timer made, then the oldest. */
export function compareRequests(a: CheckpointRequest, b: CheckpointRequest): number {
  const order =
    Number(isSavepoint(b.properties)) - Number(isSavepoint(a.properties)) ||
    Number(b.properties.forced) - Number(a.properties.forced) ||
    Number(a.periodic) - Number(b.periodic);
  return order || a.at - b.at || a.number - b.number;
}

/** Adds a request in its place. @returns the request that finds no room, if one doesn't: the last one, or the new one when
 *  only requests that users made are waiting. */
export function enqueue(
  queue: CheckpointRequest[],
  request: CheckpointRequest,
): CheckpointRequest | undefined {
  const last = queue.at(-1);
  if (queue.length >= MOST_QUEUED_REQUESTS && !last!.periodic) return request;
  let at = queue.length;
  while (at > 0 && compareRequests(request, queue[at - 1]!) < 0) at--;
  if (at === queue.length) queue.push(request);
  else queue.splice(at, 0, request);
  return queue.length > MOST_QUEUED_REQUESTS ? queue.pop() : undefined;
}

/** Takes the request that may start now out of the queue, or the one that came too early. */
export function chooseRequest(queue: CheckpointRequest[], admission: Admission): Choice {
  const { now, isTriggering, pending, cleaning, maxConcurrent, lastCompletionAt, minPause } = admission;
  const first = queue[0];
  if (first === undefined || isTriggering || cleaning > maxConcurrent) return NONE;
  const { forced } = first.properties;
  if (pending >= maxConcurrent && !forced) return NONE;
  if (queue.length === 1) queue.pop();
  else queue.shift();
  const earliest = lastCompletionAt + minPause;
  if (first.periodic && !forced && earliest > now) return { kind: "too-early", request: first, earliest };
  return { kind: "start", request: first };
}
