import type { Path } from "../issue.ts";
import { nearest } from "../nearest.ts";
import type { CheckContext } from "./check-context.ts";

/** Who writes a topic, and where that is said. */
interface Writer {
  readonly kind: "producer" | "job";
  readonly name: string;
  readonly topic: string;
  readonly path: Path;
}

/** Topics: defined, replicated within the cluster, written by one, read only if written, and never by their own readers. */
export function checkTopics(context: CheckContext): void {
  checkSomething(context);
  checkReplication(context);
  const writers = writersOf(context);
  checkDefined(context, writers);
  checkOneWriter(context, writers);
  checkWritten(context, writers);
  checkReadersBehindJobs(context);
  checkCycles(context);
}

function checkSomething(context: CheckContext): void {
  const { kafka, producers, jobs } = context.pipeline;
  if (kafka.topics.length === 0) context.report({ path: ["kafka", "topics"], wanted: "at least one topic" });
  if (producers.length === 0) context.report({ path: ["producers"], wanted: "at least one producer" });
  if (jobs.length === 0) context.report({ path: ["jobs"], wanted: "at least one job" });
}

function checkReplication(context: CheckContext): void {
  const { brokers, topics, minInsyncReplicas } = context.pipeline.kafka;
  const count = `${brokers} broker${brokers === 1 ? "" : "s"} (kafka.brokers)`;
  const default_: Path = ["kafka", "config", "default.replication.factor"];
  for (const { name, replicationFactor } of topics) {
    const own: Path = ["kafka", "topics", name, "replication.factor"];
    const path = context.isWritten(own) ? own : default_;
    if (replicationFactor > brokers) {
      context.report({ path, because: [["kafka", "brokers"]], wanted: `at most the ${count}` });
    }
    const minimum = context.parsed.kafka.topics[name]?.["min.insync.replicas"] ?? minInsyncReplicas;
    if (minimum > replicationFactor) {
      const topicMinimum: Path = ["kafka", "topics", name, "min.insync.replicas"];
      context.warn({
        path: context.isWritten(topicMinimum) ? topicMinimum : ["kafka", "config", "min.insync.replicas"],
        because: [path],
        wanted: `topic ${name} has replication.factor ${replicationFactor}, so the broker takes ${replicationFactor}`,
      });
    }
  }
}

function writersOf({ pipeline }: CheckContext): readonly Writer[] {
  const producers = pipeline.producers.map(
    ({ name, topic }): Writer => ({ kind: "producer", name, topic, path: ["producers", name, "topic"] }),
  );
  const jobs = pipeline.jobs.flatMap(({ name, sinks }) =>
    sinks.map(
      ({ topic }, i): Writer => ({ kind: "job", name, topic, path: ["jobs", name, "sinks", i, "topic"] }),
    ),
  );
  return [...producers, ...jobs];
}

function readersOf({ pipeline }: CheckContext): readonly { readonly topic: string; readonly path: Path }[] {
  return [
    ...pipeline.jobs.map(({ name, source }) => ({
      topic: source.topic,
      path: ["jobs", name, "source", "topic"],
    })),
    ...pipeline.readers.map(({ name, topic }) => ({ topic, path: ["readers", name, "topic"] })),
  ];
}

function checkDefined(context: CheckContext, writers: readonly Writer[]): void {
  const names = context.pipeline.kafka.topics.map(({ name }) => name);
  for (const { topic, path } of [...writers, ...readersOf(context)]) {
    if (names.includes(topic)) continue;
    const suggestion = nearest(topic, names);
    context.report({ path, wanted: "a topic that is defined under kafka.topics", suggestion });
  }
}

function checkOneWriter(context: CheckContext, writers: readonly Writer[]): void {
  const first = new Map<string, Writer>();
  for (const writer of writers) {
    const other = first.get(writer.topic);
    if (other === undefined) first.set(writer.topic, writer);
    else {
      context.report({
        path: writer.path,
        because: [other.path],
        wanted: `a topic that nobody else writes, as ${other.kind} ${other.name} does: this version of Sluice models one writer a topic`,
      });
    }
  }
}

function checkWritten(context: CheckContext, writers: readonly Writer[]): void {
  const defined = new Set(context.pipeline.kafka.topics.map(({ name }) => name));
  // A writer whose topic isn't defined meant one that is: that has been reported.
  if (writers.some(({ topic }) => !defined.has(topic))) return;
  const written = new Set(writers.map(({ topic }) => topic));
  for (const { topic, path } of readersOf(context)) {
    if (!defined.has(topic) || written.has(topic)) continue;
    const suggestion = nearest(topic, written);
    const because = writers.map((writer) => writer.path);
    context.report({ path, because, wanted: "a topic that a producer or a job writes", suggestion });
  }
}

function checkReadersBehindJobs(context: CheckContext): void {
  const { producers, jobs, readers } = context.pipeline;
  const written = new Set(jobs.flatMap(({ sinks }) => sinks.map(({ topic }) => topic)));
  const produced = new Set(producers.map(({ topic }) => topic));
  for (const { name, topic } of readers) {
    if (!produced.has(topic) || written.has(topic)) continue;
    const wanted = "a topic that a job writes: this version of Sluice has no readers of a job's input";
    context.report({ path: ["readers", name, "topic"], wanted });
  }
}

function checkCycles(context: CheckContext): void {
  const jobs = context.pipeline.jobs;
  const writerOf = new Map(jobs.flatMap((job) => job.sinks.map(({ topic }) => [topic, job] as const)));
  const reported = new Set<string>();
  for (const job of jobs) {
    const trail = [job];
    let upstream = writerOf.get(job.source.topic);
    while (upstream !== undefined && !trail.includes(upstream)) {
      trail.push(upstream);
      upstream = writerOf.get(upstream.source.topic);
    }
    if (upstream !== job || reported.has(job.name)) continue;
    for (const { name } of trail) reported.add(name);
    const round = [...trail.map(({ name }) => name), job.name].reverse().join(" -> ");
    context.report({
      path: ["jobs", job.name, "source", "topic"],
      because: jobs.flatMap(({ name, sinks }) => sinks.map((_, i) => ["jobs", name, "sinks", i, "topic"])),
      wanted: `a topic that doesn't come from the job itself (${round})`,
    });
  }
}
