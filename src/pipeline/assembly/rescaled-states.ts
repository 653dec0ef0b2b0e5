import { assignKeyedState, type ChannelState, evenShare, type TaskStateSnapshot } from "../../flink/index.ts";
import type { JobVertex } from "../job-graph.ts";
import type { JobEdgeOfSubtasks, JobSubtask, RestoredSubtask } from "./job-subtask.ts";
import { partOfNumber, type UndividedRoute, type UndividedRoutes } from "./undivided-routes.ts";

/** A job between two parallelisms. */
export interface Rescaling {
  /** Of its widest form. */
  readonly subtasks: readonly JobSubtask[];
  readonly before: readonly JobVertex[];
  readonly after: readonly JobVertex[];
  readonly edges: (vertices: readonly JobVertex[]) => readonly JobEdgeOfSubtasks[];
  readonly undivided: UndividedRoutes;
  /** The number of the parallelism after, among all that the job has. */
  readonly variant: number;
  readonly maxParallelism: number;
  /** Keyed state is read by key group, and not by file. */
  readonly readsParts: boolean;
}

/** What each subtask gets of a checkpoint that was taken at another parallelism. Records in flight come to the subtask whose
 *  they are now, as its input, before anything else of their partition.
 *  Source: flink StateAssignmentOperation, TaskStateAssignment; RecordFilter (records in flight). */
export function rescaledStates(
  checkpoint: number,
  states: ReadonlyMap<number, TaskStateSnapshot>,
  rescaling: Rescaling,
): ReadonlyMap<number, RestoredSubtask> {
  const { subtasks, before, after, undivided, variant, maxParallelism, readsParts } = rescaling;
  const firstOf = before.map((_, vertex) => subtasks.findIndex((one) => one.vertex === vertex));
  const oldOf = (vertex: number): number[] =>
    Array.from({ length: before[vertex]!.parallelism }, (_, index) => firstOf[vertex]! + index);
  const parts = after.map(
    (_, vertex) => new Map(undivided.of(vertex).map((part) => [part.route.id, part] as const)),
  );
  const splitsOf = (vertex: number, index: number) => {
    const old = oldOf(vertex).map((subtask) => states.get(subtask)!.operator.splits);
    const { parallelism } = after[vertex]!;
    return old.length === parallelism ? old[index]! : evenShare(old.flat(), index, parallelism);
  };
  const restored = new Map<number, RestoredSubtask>();
  const readerOf = new Map<number, number>();
  subtasks.forEach(({ vertex, index }, subtask) => {
    const { parallelism } = after[vertex]!;
    if (index >= parallelism) return;
    const olds = oldOf(vertex);
    const old = olds.map((one) => states.get(one)!);
    const keyed = assignKeyedState(
      old.map((state) => state.keyed),
      { index, parallelism },
      maxParallelism,
      readsParts,
    );
    const splits = splitsOf(vertex, index);
    if (vertex === 0) for (const { partition } of splits) readerOf.set(partition, index);
    const owns = (originPartition: number, route: number): boolean => {
      const part = parts[vertex]!.get(route);
      return part !== undefined && ownerOf(part, originPartition, variant, readerOf) === index;
    };
    const recordsByPart = new Map(
      old.flatMap((state) =>
        [...(state.recordsByPart ?? [])].filter(([part]) => owns(...partOfNumber(part))),
      ),
    );
    restored.set(subtask, {
      checkpoint,
      state: {
        keyed: keyed.handles,
        operator: { splits, committables: [], bytes: 0 },
        keyedRecords: [...recordsByPart.values()].reduce((sum, records) => sum + records, 0),
        recordsByPart,
        channelState: [],
        channelStateBytes: 0,
        checkpointedBytes: 0,
        stateBytes: 0,
      },
      rescaled: { subtasks: olds, owns, insertedBytes: keyed.insertedBytes },
    });
  });
  for (const [subtask, channelState] of inFlight(states, rescaling, firstOf, readerOf)) {
    const one = restored.get(subtask)!;
    restored.set(subtask, { ...one, state: { ...one.state, channelState } });
  }
  return restored;
}

/** The subtask, of those at its vertex, that has the records of an origin partition on an undivided route.
 *  @param readerOf the source subtask that reads an origin partition; one that another job writes has none. */
function ownerOf(
  { owners }: UndividedRoute,
  originPartition: number,
  variant: number,
  readerOf: ReadonlyMap<number, number>,
): number {
  return owners === undefined ? (readerOf.get(originPartition) ?? 0) : owners[variant]!;
}

/** Records in flight by the subtask that gets them, as state of its input channels.
 *  @param readerOf the source subtask that reads an origin partition now. */
function inFlight(
  states: ReadonlyMap<number, TaskStateSnapshot>,
  { before, after, edges, undivided, variant }: Rescaling,
  firstOf: readonly number[],
  readerOf: ReadonlyMap<number, number>,
): ReadonlyMap<number, readonly ChannelState[]> {
  const now = edges(after);
  const channels = new Map<number, Map<number, [number, number, number, number][]>>();
  const put = (from: number, gate: number, to: number, span: [number, number, number, number]): void => {
    const channel = now
      .filter((edge) => edge.to === to)
      .findIndex((edge) => edge.from === from && edge.gate === gate);
    let ofSubtask = channels.get(to);
    if (ofSubtask === undefined) {
      ofSubtask = new Map();
      channels.set(to, ofSubtask);
    }
    const spans = ofSubtask.get(channel) ?? [];
    ofSubtask.set(channel, [...spans, span]);
  };
  // What was received lies before what was waiting at the sender.
  for (const side of ["input", "output"] as const) {
    for (const [subtask, { channelState }] of states) {
      const mine = edges(before).filter((edge) => (side === "input" ? edge.to : edge.from) === subtask);
      for (const state of channelState) {
        if (state.side !== side) continue;
        const edge = mine[state.channel]!;
        const { from } = after[edge.vertex]!.inputs[edge.gate]!;
        for (const [partition, route, start, end] of state.spans) {
          for (const [part, partStart, partEnd] of undivided.divide(
            edge.vertex,
            partition,
            route,
            start,
            end,
          )) {
            put(
              firstOf[from]! + ownerOf(part.parent!, partition, variant, readerOf),
              edge.gate,
              firstOf[edge.vertex]! + ownerOf(part, partition, variant, readerOf),
              [partition, part.route.id, partStart, partEnd],
            );
          }
        }
      }
    }
  }
  return new Map(
    [...channels].map(([subtask, ofSubtask]) => [
      subtask,
      [...ofSubtask].map(([channel, spans]): ChannelState => ({ channel, side: "input", spans })),
    ]),
  );
}
