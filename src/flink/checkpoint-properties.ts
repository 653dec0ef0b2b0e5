/** Models: what kind of checkpoint is asked for, and what follows from the kind.
 *  Source: flink CheckpointProperties, SavepointType, SavepointFormatType (Flink 2.2).
 *  Leaves out: full checkpoints by hand (CheckpointType FULL). */

export type CheckpointKind = "checkpoint" | "savepoint" | "stop-with-savepoint";

export interface CheckpointProperties {
  readonly kind: CheckpointKind;
  /** Ignores max-concurrent-checkpoints and min-pause. */
  readonly forced: boolean;
  /** `--drain`: the sources end, with a last event-time watermark, before the savepoint. */
  readonly drain: boolean;
  /** Of a savepoint: the common format of all state backends, or the backend's own. */
  readonly format: "CANONICAL" | "NATIVE";
}

export const PERIODIC_CHECKPOINT: CheckpointProperties = {
  kind: "checkpoint",
  forced: false,
  drain: false,
  format: "NATIVE",
};

/** A savepoint ignores the bounds on concurrent checkpoints unless unaligned checkpoints are on, since these allow only
 *  one at a time. */
export function savepointProperties(
  kind: Exclude<CheckpointKind, "checkpoint">,
  unalignedEnabled: boolean,
  rest: { readonly drain?: boolean; readonly format?: "CANONICAL" | "NATIVE" } = {},
): CheckpointProperties {
  return { kind, forced: !unalignedEnabled, drain: rest.drain ?? false, format: rest.format ?? "CANONICAL" };
}

export function isSavepoint(properties: CheckpointProperties): boolean {
  return properties.kind !== "checkpoint";
}

/** Whether the job ends with it. */
export function isSynchronous(properties: CheckpointProperties): boolean {
  return properties.kind === "stop-with-savepoint";
}

/** `checkpoint_type` of Flink's REST API for one without channel state. */
export function checkpointTypeOf(properties: CheckpointProperties): string {
  if (properties.kind === "checkpoint") return "CHECKPOINT";
  return isSynchronous(properties) ? "SYNC_SAVEPOINT" : "SAVEPOINT";
}
