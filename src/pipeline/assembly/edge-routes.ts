import type { Lineage, Route } from "../../records/index.ts";
import { type JobVertex, targetsOf } from "../job-graph.ts";
import type { JobSpec, OperatorSpec, Partitioner, WindowSpec } from "../pipeline.ts";

/** The edge of a job graph as its partitioner sees it.
 *
 *  Rebalance and rescale deal the records of each way and origin partition to the channels in turn, beginning with a
 *  channel that depends on the partition. In Flink a subtask deals all its records in one turn, so which of them meet in
 *  a channel depends on how its input is interleaved, and the turn begins anew after a restart. The shares are the same;
 *  dealt like this a record takes the same way whenever it comes, which is what the ledger needs to know it by. */
export interface Edge {
  readonly partitioner: Partitioner;
  /** parallelisms of its two ends. */
  readonly upstream: number;
  readonly downstream: number;
}

/** The part of `route` that a channel from subtask `up` to subtask `down` takes; undefined: nothing. */
export function partOf(
  edge: Edge,
  up: number,
  down: number,
  route: Route,
  lineage: Lineage,
  maxParallelism: number,
): Route | undefined {
  const { partitioner, upstream, downstream } = edge;
  switch (partitioner) {
    case "forward":
      return route;
    case "hash":
      return lineage.keyed(route, down, downstream, maxParallelism);
    case "broadcast":
      return lineage.copy(route, down, downstream);
    case "rebalance":
    case "rescale": {
      const { first, end } = targetsOf(partitioner, up, upstream, downstream);
      return lineage.inTurn(route, down - first, end - first);
    }
  }
}

/** Whether barriers may overtake on such an edge: not where a channel is bound to one subtask or records are copied. A
 *  vertex with one input edge that can't has none that can.
 *  Source: Flink 2.1 StreamPartitioner.isSupportsUnalignedCheckpoint, StreamGraphGenerator. */
export function mayOvertake(partitioner: Partitioner): boolean {
  return partitioner === "hash" || partitioner === "rebalance";
}

/** The ways that records have taken when they leave each vertex: all ways of a vertex together are all its records.
 *  @param resultsOf gives the way of the results of a vertex with windows, whose records come on these ways to its exchange by
 *    key. */
export function routesOfVertices(
  job: JobSpec,
  vertices: readonly JobVertex[],
  sourceRoutes: readonly Route[],
  lineage: Lineage,
  resultsOf: (operator: OperatorSpec, window: WindowSpec, into: readonly Route[]) => Route,
): readonly (readonly Route[])[] {
  const routes: (readonly Route[])[] = [sourceRoutes];
  for (const vertex of vertices.slice(1)) {
    const first = vertex.operators[0];
    if (first?.window !== undefined) {
      const before = new Set(vertex.inputs.flatMap(({ from }) => routes[from]!));
      routes.push([resultsOf(first, first.window, [...before])]);
      continue;
    }
    const into = new Set<Route>();
    for (const { from, partitioner } of vertex.inputs) {
      const upstream = vertices[from]!.parallelism;
      const edge = { partitioner, upstream, downstream: vertex.parallelism };
      const { first, end } = targetsOf(partitioner, 0, upstream, vertex.parallelism);
      for (const route of routes[from]!) {
        for (let down = first; down < end; down++) {
          const part = partOf(edge, 0, down, route, lineage, job.maxParallelism);
          if (part !== undefined) into.add(part);
        }
      }
    }
    routes.push([...into]);
  }
  return routes;
}
