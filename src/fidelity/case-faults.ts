import type { Phases, Pipeline } from "../pipeline/index.ts";
import type { ReferenceCase } from "./reference-case.ts";

const SECOND = 1e9;
const MILLISECOND = 1e6;
const DEFAULT_TASK_MANAGERS = 2;
/** ms within which two declarations are one: the ResourceManager, which tells the JobMaster. */
const SAME_INSTANT_MS = 20;

/** Whether something fails in the run. */
export function hasFault({ input }: ReferenceCase): boolean {
  return input.faults.length > 0 || input.job.failAtSeq !== undefined;
}

/** Why a case can't be simulated with its faults; undefined: it can, or has none. */
export function whyNotSimulated({ input }: ReferenceCase): string | undefined {
  for (const { kill, signal = "SIGKILL", for: seconds } of input.faults) {
    if (signal !== "SIGKILL" && (signal !== "SIGSTOP" || seconds === undefined))
      return `a process under ${signal} is not simulated`;
    if (kill === undefined || !/^(tm\d+|all)$/.test(kill))
      return `the end of ${kill ?? "nothing"} is not simulated`;
  }
  return undefined;
}

/** ns; when the first fault happened. As the case measured it, since processes start late, or as it was asked for. */
export function faultAt({ input, fault }: ReferenceCase): number | undefined {
  if (!hasFault({ input } as ReferenceCase)) return undefined;
  const asked = input.faults[0]?.at ?? (input.job.failAtSeq ?? 0) / input.rate;
  return Math.round((fault?.at_s ?? asked) * SECOND);
}

/** The faults of a case as a pipeline's file says them. A TaskManager that was killed is replaced by a fresh process.
 *  @param taskManagerStart ns from the start of a process until it has registered. */
export function faultsOf(reference: ReferenceCase, job: string, taskManagerStart: number): string[] {
  const { input } = reference;
  const first = faultAt(reference);
  if (first === undefined || whyNotSimulated(reference) !== undefined) return [];
  const late = first - (input.faults[0]?.at ?? 0) * SECOND;
  const texts = input.faults.flatMap(({ at, kill, signal, for: seconds = 0, restartAfter = 0 }) => {
    const count = input.taskmanagers ?? DEFAULT_TASK_MANAGERS;
    const victims =
      kill === "all" ? Array.from({ length: count }, (_, i) => i) : [Number(kill?.replace("tm", ""))];
    const time = Math.round(at * SECOND + late);
    const repair = Math.round(restartAfter * SECOND + taskManagerStart);
    return victims.map((number) =>
      signal === "SIGSTOP"
        ? `freeze taskmanager-${number + 1} at ${time} ns for ${Math.round(seconds * SECOND)} ns`
        : `kill taskmanager-${number + 1} at ${time} ns repair ${repair} ns`,
    );
  });
  if (input.job.failAtSeq !== undefined) {
    const at = input.faults.length > 0 ? (input.job.failAtSeq / input.rate) * SECOND : first;
    texts.push(`fail ${job}/stateful at ${Math.round(at)} ns`);
  }
  return texts;
}

/** Heartbeats as the case shows them: who was to be declared lost was so at the last heartbeat of the threshold, or when the time-out was over. The first to
 *  declare it is the JobMaster, unless both do at once: then the ResourceManager has told it. */
export function heartbeatsOf(
  reference: ReferenceCase,
  { flink, jobs, environment }: Pick<Pipeline, "flink" | "jobs" | "environment">,
): Phases["heartbeats"] {
  const declared = reference.phases.declared_lost_ms_after_fault;
  const at = faultAt(reference);
  const earliest = declared?.at(0);
  const latest = declared?.at(-1);
  if (at === undefined || earliest === undefined || latest === undefined) return undefined;
  const isSilent = flink.heartbeatRpcFailureThreshold < 0 || reference.input.faults[0]?.signal === "SIGSTOP";
  // Then the time-out has run since the answer to the last heartbeat.
  const since = isSilent ? flink.heartbeatTimeout + 2 * environment.flinkRpc : 0;
  const phase = (ms: number): number => modulo(at + ms * MILLISECOND - since, flink.heartbeatInterval);
  const isOne = latest - earliest <= SAME_INSTANT_MS;
  return {
    jobMasters: jobs.map(() => phase(isOne ? latest : earliest)),
    resourceManager: phase(isOne ? earliest : latest),
  };
}

/** ns; the trigger before the fault, in the first interval of the load; undefined: not stated.
 *  @param interval ns. */
export function triggerBeforeFault(reference: ReferenceCase, interval: number): number | undefined {
  const before = reference.fault?.last_completed_trigger_before_ms;
  const at = faultAt(reference);
  if (at === undefined || before === undefined) return undefined;
  return modulo(at - before * MILLISECOND, interval);
}

function modulo(time: number, interval: number): number {
  return Math.round(((time % interval) + interval) % interval);
}
