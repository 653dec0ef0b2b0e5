import { z } from "zod";

const number = z.number();

const checkpoint = z.looseObject({
  id: number,
  status: z.string(),
  trigger_timestamp: number,
  end_to_end_duration: number,
  checkpointed_size: number,
  state_size: number,
});

const checkpoints = z.looseObject({
  counts: z.looseObject({ completed: number, failed: number }),
  latest: z.looseObject({ restored: z.looseObject({ restore_timestamp: number }).nullable() }),
  history: z.array(checkpoint),
});

const subtask = z.discriminatedUnion("className", [
  z.looseObject({ className: z.literal("pending") }),
  z.looseObject({
    className: z.literal("completed"),
    index: number,
    end_to_end_duration: number,
    state_size: number,
    checkpoint: z.looseObject({ sync: number, async: number }),
    alignment: z.looseObject({ duration: number }),
    start_delay: number,
    aborted: z.boolean(),
  }),
]);
const subtasks = z.looseObject({ id: number, subtasks: z.array(subtask) });

const job = z.looseObject({
  jid: z.string(),
  name: z.string(),
  timestamps: z.record(z.string(), number),
  vertices: z.array(
    z.looseObject({
      name: z.string(),
      metrics: z.looseObject({ "read-records": number, "accumulated-busy-time": number }),
    }),
  ),
});

const metrics = z.array(z.looseObject({ id: z.string(), value: z.string() })).min(1);

/** Answers that hold nothing to calibrate by, and what tells them. */
const OTHERS: readonly (readonly [what: string, keys: readonly string[]])[] = [
  ["the configuration of checkpoints", ["interval", "max_concurrent"]],
  ["the configuration of a job", ["jid", "execution-config"]],
  ["the configuration of the dashboard", ["flink-version", "timezone-name"]],
  ["an overview of the cluster", ["slots-total"]],
  ["an overview of jobs", ["jobs"]],
  ["a plan", ["plan"]],
  ["a list of TaskManagers", ["taskmanagers"]],
  ["a history of exceptions", ["exceptionHistory"]],
];

export type Checkpoint = z.output<typeof checkpoint>;
export type CompletedSubtask = Extract<z.output<typeof subtask>, { readonly className: "completed" }>;

/** An answer of Flink's REST API, told by its shape.
 *  Source: flink rest_v1_dispatcher, CheckpointingStatistics, TaskCheckpointStatisticsWithSubtaskDetails (Flink 2.1). */
export type RestAnswer =
  /** `/jobs/:jobid/checkpoints` */
  | { readonly kind: "checkpoints"; readonly file: string; readonly value: z.output<typeof checkpoints> }
  /** `/jobs/:jobid/checkpoints/details/:checkpointid` */
  | { readonly kind: "checkpoint"; readonly file: string; readonly value: Checkpoint }
  /** `/jobs/:jobid/checkpoints/details/:checkpointid/subtasks/:vertexid` */
  | { readonly kind: "subtasks"; readonly file: string; readonly value: z.output<typeof subtasks> }
  /** `/jobs/:jobid` */
  | { readonly kind: "job"; readonly file: string; readonly value: z.output<typeof job> }
  /** `/jobs/:jobid/metrics?get=…`, `/jobs/:jobid/vertices/:vertexid/metrics?get=…` */
  | { readonly kind: "metrics"; readonly file: string; readonly value: z.output<typeof metrics> }
  /** another answer, of no use here. */
  | { readonly kind: "other"; readonly file: string; readonly what: string };

export type RestReading =
  | { readonly ok: true; readonly answer: RestAnswer }
  | { readonly ok: false; readonly problem: string };

const WANTED =
  "wanted what Flink's REST API answers to /jobs/ID, /jobs/ID/checkpoints, its details and subtasks, or …/metrics?get=…";

/** Reads one answer; what it is, is told by its shape. `ok: false` with one line for everything else. */
export function readRestAnswer(text: string, file: string): RestReading {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { ok: false, problem: `got text that isn't JSON, ${WANTED}` };
  }
  if (Array.isArray(value)) return readArray(value, file);
  if (typeof value !== "object" || value === null) return refuse("a bare value");
  const has = (...keys: readonly string[]): boolean => keys.every((key) => Object.hasOwn(value, key));
  if (has("errors")) return refuse("an error that Flink answered");
  if (has("counts", "history")) return checked("checkpoints", checkpoints, value, file);
  if (has("subtasks", "id")) return checked("subtasks", subtasks, value, file);
  if (has("trigger_timestamp", "end_to_end_duration")) return checked("checkpoint", checkpoint, value, file);
  if (has("jid", "vertices")) return checked("job", job, value, file);
  const other = OTHERS.find(([, keys]) => has(...keys));
  if (other !== undefined) return { ok: true, answer: { kind: "other", file, what: other[0] } };
  return refuse("something else");
}

function readArray(value: readonly unknown[], file: string): RestReading {
  const named = z.array(z.strictObject({ id: z.string() })).safeParse(value);
  if (named.success)
    return { ok: true, answer: { kind: "other", file, what: "names of metrics without values" } };
  return checked("metrics", metrics, value, file);
}

function checked<Kind extends Exclude<RestAnswer["kind"], "other">>(
  kind: Kind,
  schema: z.ZodType,
  value: unknown,
  file: string,
): RestReading {
  const reading = schema.safeParse(value);
  if (reading.success) return { ok: true, answer: { kind, file, value: reading.data } as RestAnswer };
  const [issue] = reading.error.issues;
  const path = (issue?.path ?? []).map(String).join(".");
  return refuse(`${issue?.message ?? "something else"} at ${path || "its root"}`);
}

function refuse(what: string): RestReading {
  return { ok: false, problem: `got ${what}, ${WANTED}` };
}
