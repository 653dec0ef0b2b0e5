import {
  type JobInput,
  type JobSpec,
  type OperatorSpec,
  type Partitioner,
  type SinkSpec,
  SOURCE,
} from "./pipeline.ts";

/** Operators that share a task. The first vertex of a job is its source. */
export interface JobVertex {
  readonly name: string;
  readonly parallelism: number;
  readonly operators: readonly OperatorSpec[];
  /** Sinks chained behind the operators: writer and committer. */
  readonly sinks: readonly SinkSpec[];
  readonly inputs: readonly JobEdge[];
}

export interface JobEdge {
  /** number of the vertex it comes from. */
  readonly from: number;
  readonly partitioner: Partitioner;
}

interface Vertex extends JobVertex {
  name: string;
  readonly operators: OperatorSpec[];
  readonly sinks: SinkSpec[];
  readonly inputs: JobEdge[];
}

/** The operator that writes to a sink's topic, as Flink names it. Source: flink SinkTransformationTranslator. */
export function sinkWriterName(topic: string): string {
  return `${topic}: Writer`;
}

/** Whether it hands on results of windows: an operator with a window begins its chain. */
export function hasWindow({ operators: [first] }: JobVertex): boolean {
  return first?.window !== undefined;
}

/** The edges that leave a vertex, by its number, in the order of its writers. */
export function edgesFrom(vertices: readonly JobVertex[], vertex: number): readonly JobEdge[] {
  return vertices.flatMap(({ inputs }) => inputs.filter(({ from }) => from === vertex));
}

/** The number of the vertex that has an operator of that name, or is the source; -1: none. */
export function vertexNamed(vertices: readonly JobVertex[], name: string): number {
  return vertices.findIndex(
    ({ operators }, i) => (i === 0 && name === SOURCE) || operators.some((one) => one.name === name),
  );
}

/** What runs as one task: an operator joins the one it reads when it reads only that one, by forward, at the same
 *  parallelism. What leaves a vertex leaves it behind its last operator. Nothing joins the source. The writer and the
 *  committer of a sink always share a task.
 *  Source: Flink 2.1 StreamingJobGraphGenerator.isChainable. */
export function jobGraph(job: JobSpec): readonly JobVertex[] {
  const vertices: Vertex[] = [vertex(SOURCE, job.parallelism)];
  const vertexOf = new Map<string, number>([[SOURCE, 0]]);
  const place = (name: string, parallelism: number, inputs: readonly JobInput[]): Vertex => {
    const [only, ...others] = inputs;
    const above = vertexOf.get(only!.from)!;
    if (others.length === 0 && above !== 0 && isChainable(job, only!, vertices[above]!, parallelism)) {
      vertexOf.set(name, above);
      return vertices[above]!;
    }
    const made = vertex("", parallelism);
    for (const { from, partitioner } of inputs) made.inputs.push({ from: vertexOf.get(from)!, partitioner });
    vertexOf.set(name, vertices.push(made) - 1);
    return made;
  };
  for (const operator of job.operators) {
    const { name, parallelism, inputs } = operator;
    const target = place(name, parallelism, inputs);
    target.operators.push(operator);
    target.name = target.name === "" ? name : `${target.name} -> ${name}`;
  }
  job.sinks.forEach((sink, i) => {
    const target = place(`sink ${i}`, sink.parallelism, [sink.input]);
    target.sinks.push(sink);
    if (target.name === "") target.name = `sink ${sink.topic}`;
  });
  return vertices;
}

function vertex(name: string, parallelism: number): Vertex {
  return { name, parallelism, operators: [], sinks: [], inputs: [] };
}

function isChainable(job: JobSpec, input: JobInput, above: JobVertex, parallelism: number): boolean {
  return job.operatorChaining && input.partitioner === "forward" && above.parallelism === parallelism;
}

/** Slots that a job needs: one for each subtask of its widest vertex, since all share them. */
export function slotsOf({ parallelism, operators, sinks }: JobSpec): number {
  return Math.max(parallelism, ...[...operators, ...sinks].map((one) => one.parallelism));
}

/** Subtasks of the lower vertex that subtask `up` of the upper one sends to, [first, end).
 *  Source: Flink 2.1 EdgeManagerBuildUtil.connectPointwise, for parallelisms of which one divides the other. */
export function targetsOf(
  partitioner: Partitioner,
  up: number,
  upstream: number,
  downstream: number,
): { readonly first: number; readonly end: number } {
  if (partitioner === "forward") return { first: up, end: up + 1 };
  if (partitioner !== "rescale") return { first: 0, end: downstream };
  if (upstream > downstream) {
    const target = Math.floor((up * downstream) / upstream);
    return { first: target, end: target + 1 };
  }
  const width = downstream / upstream;
  return { first: up * width, end: (up + 1) * width };
}

/** Most records that leave operator `name` for one that the job's source reads; infinite behind a window. */
export function mostCopies(job: JobSpec, name: string): number {
  const reaching = new Map([[SOURCE, 1]]);
  for (const { name: operator, parallelism, inputs, window } of job.operators) {
    const copies = inputs.map(
      ({ from, partitioner }) => (reaching.get(from) ?? 0) * (partitioner === "broadcast" ? parallelism : 1),
    );
    const all = copies.reduce((sum, one) => sum + one, 0);
    reaching.set(operator, window === undefined ? all : Number.POSITIVE_INFINITY);
  }
  return reaching.get(name) ?? 0;
}

/** Records a second that a sink writes when the job's source reads `read` of them, on average, with so many distinct keys. */
export function writtenPerSecond(
  job: JobSpec,
  { input, share }: SinkSpec,
  read: number,
  keys: number,
): number {
  const reaching = new Map([[SOURCE, read]]);
  for (const { name, parallelism, inputs, window } of job.operators) {
    let sum = 0;
    for (const { from, partitioner } of inputs) {
      sum += (reaching.get(from) ?? 0) * (partitioner === "broadcast" ? parallelism : 1);
    }
    if (window !== undefined) {
      const seconds = window.size / 1e9;
      sum = Math.min(keys, sum * seconds) / seconds;
    }
    reaching.set(name, sum);
  }
  return ((reaching.get(input.from) ?? 0) * share.numerator) / share.denominator;
}

/** Whether each vertex has one input and hands on every record once. */
export function isLine(job: JobSpec): boolean {
  const vertices = jobGraph(job);
  const readers = vertices.slice(1).map(({ inputs }) => inputs[0]!.from);
  return (
    vertices.every(
      ({ inputs }) => inputs.length <= 1 && inputs.every(({ partitioner }) => partitioner !== "broadcast"),
    ) &&
    new Set(readers).size === readers.length &&
    job.operators.every(({ window }) => window === undefined)
  );
}
