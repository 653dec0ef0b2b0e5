import type { CheckpointLog, LoggedPhase } from "../metrics/index.ts";
import { type Pipeline, widestJob } from "../pipeline/index.ts";
import type { Aftermath } from "./recovery-metrics.ts";
import type { Measurement } from "./run-pipeline.ts";
import type { RunResult } from "./run-result.ts";

const MILLISECOND = 1e6;

/** What one participant of a checkpoint did, in ms of the virtual clock. */
export interface TimelineRow {
  readonly job: string;
  readonly checkpoint: number;
  /** `source 0`, `sink 1`, `writer 1`, `coordinator`; of a failure, which has checkpoint 0: `job`, or a reader. */
  readonly participant: string;
  readonly phase: string;
  readonly fromMs: number;
  readonly toMs: number;
}

/** The phases of the checkpoints that the log has in detail. */
export function describeTimeline({ config }: RunResult, log: CheckpointLog): TimelineRow[] {
  const detailed = new Set(log.phases.map(({ job, checkpoint }) => `${job}/${checkpoint}`));
  const instants = log.checkpoints.filter(({ job, checkpoint }) => detailed.has(`${job}/${checkpoint}`));
  const coordinator = instants.flatMap((one): TimelineRow[] => {
    const place = { job: config.jobs[one.job]!.name, checkpoint: one.checkpoint, participant: "coordinator" };
    const phase = (name: string, from: number, to: number): TimelineRow[] =>
      from < 0 || to < 0
        ? []
        : [{ ...place, phase: name, fromMs: from / MILLISECOND, toMs: to / MILLISECOND }];
    return [
      ...phase("waiting for acknowledgements", one.triggeredAt, one.latestAckAt),
      ...phase("completing", one.latestAckAt, one.completedAt),
    ];
  });
  const participants = log.phases.map(
    (one): TimelineRow => ({
      job: config.jobs[one.job]!.name,
      checkpoint: one.checkpoint,
      participant: participantOf(config, one),
      phase: one.phase,
      fromMs: one.from / MILLISECOND,
      toMs: one.to / MILLISECOND,
    }),
  );
  return [...coordinator, ...participants];
}

/** What each failure of a job was followed by, and how long its readers took to catch up. */
export function describeFailures(
  { result, recovery }: Measurement,
  aftermath: Aftermath | undefined,
): TimelineRow[] {
  const { jobs, readers } = result.config;
  const row = (job: number, participant: string, phase: string, from: number, to: number): TimelineRow[] =>
    Number.isFinite(from) && Number.isFinite(to) && to >= from
      ? [
          {
            job: jobs[job]!.name,
            checkpoint: 0,
            participant,
            phase,
            fromMs: from / MILLISECOND,
            toMs: to / MILLISECOND,
          },
        ]
      : [];
  return recovery.jobs.flatMap(({ outages }, job) => {
    const phases = outages.flatMap(({ crashedAt, failedAt, resetAt, runningAt }) => [
      ...row(job, "job", "until noticed", crashedAt, failedAt),
      ...row(job, "job", "restart", failedAt, resetAt),
      ...row(job, "job", "restore", resetAt, runningAt),
    ]);
    const last = outages.at(-1);
    if (last === undefined || aftermath === undefined) return phases;
    const catchUps = readers.flatMap(({ name, topic }, reader) =>
      jobs[job]!.sinks.some((sink) => sink.topic === topic)
        ? row(job, name, "catch-up", last.runningAt, aftermath.caughtUpAt[reader]!)
        : [],
    );
    return [...phases, ...catchUps];
  });
}

function participantOf({ jobs, faults }: Pipeline, { job, participant, number }: LoggedPhase): string {
  const { parallelism } = widestJob(jobs[job]!, faults);
  if (participant === "writer") {
    const before = jobs.slice(0, job).reduce((sum, other) => sum + other.parallelism, 0);
    return `sink ${number - before}`;
  }
  return number < parallelism ? `source ${number}` : `sink ${number - parallelism}`;
}
