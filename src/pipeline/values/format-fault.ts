import type { FaultTime, LinkEnd, LinkTarget, ProcessTarget, TaskTarget } from "../../faults/index.ts";
import { ALWAYS, type FaultText } from "./fault.ts";
import { formatDuration } from "./format-duration.ts";

/** A fault in the words that `fault()` reads: the one reads what the other writes. */
export function formatFault({ action, time }: FaultText): string {
  const what = formatAction(action);
  return action.kind === "poison" ? what : `${what} ${formatTime(time)}`;
}

function formatAction(action: FaultText["action"]): string {
  switch (action.kind) {
    case "kill": {
      const repair = action.repair === undefined ? "" : ` repair ${formatDuration(action.repair)}`;
      return `${action.silent ? "lose" : "kill"} ${formatProcess(action.target)}${repair}`;
    }
    case "freeze":
      return `freeze ${formatProcess(action.target)} for ${formatDuration(action.duration)}`;
    case "fail":
      return `fail ${formatTask(action.target)}`;
    case "poison":
      return `poison ${formatTask(action.target)} with partition ${action.topicPartition} offset ${action.offset} times ${action.times === ALWAYS ? "always" : action.times}`;
    case "slow":
      return `slow ${formatTask(action.target)} by ${action.factor} for ${formatDuration(action.duration)}`;
    case "slow-disk":
      return `slow-disk broker-${action.broker} by ${action.factor} for ${formatDuration(action.duration)}`;
    case "elect": {
      const partition = action.topicPartition === undefined ? "" : `-${action.topicPartition}`;
      return `elect ${action.topic}${partition}${action.unclean ? " unclean" : ""}`;
    }
    case "cut":
      return `cut ${formatLink(action.link)} for ${formatDuration(action.duration)}`;
    case "delay":
      return `delay ${formatLink(action.link)} by ${formatDuration(action.by)} for ${formatDuration(action.duration)}`;
    case "delay-message":
      return `delay ${formatMessage(action)} by ${formatDuration(action.by)}${formatTimes(action.times)}`;
    case "drop":
    case "duplicate":
      return `${action.kind} ${formatMessage(action)}${formatTimes(action.times)}`;
    case "storage": {
      const factor = action.mode === "slow" ? ` by ${action.factor}` : "";
      return `storage ${action.mode}${factor} for ${formatDuration(action.duration)}`;
    }
    case "operate":
      return formatOperation(action.job, action.action);
  }
}

function formatMessage({
  message,
  job,
}: {
  readonly message: string;
  readonly job: string | undefined;
}): string {
  return `${message}${job === undefined ? "" : ` of ${job}`}`;
}

function formatTimes(times: number): string {
  if (times === 1) return "";
  return ` times ${times === ALWAYS ? "always" : times}`;
}

function formatOperation(
  job: string,
  action: (FaultText["action"] & { readonly kind: "operate" })["action"],
): string {
  switch (action.kind) {
    case "cancel":
    case "savepoint":
      return `${action.kind} ${job}`;
    case "cancel-with-savepoint":
      return `cancel ${job} with savepoint`;
    case "stop-with-savepoint":
      return `${action.kind} ${job}${action.drain ? " drain" : ""}`;
    case "restart":
      if (action.parallelism !== undefined) {
        const from = action.from === "savepoint" ? "" : ` from ${startOf(action)}`;
        return `rescale ${job} to ${action.parallelism}${from}`;
      }
      if (action.transactionalIdPrefix !== undefined)
        return `rename ${job} to ${action.transactionalIdPrefix}`;
      return `restart ${job} from ${startOf(action)}`;
  }
}

function startOf({ from, checkpoint }: { readonly from: string; readonly checkpoint: number }): string {
  return checkpoint > 0 ? `${from} - ${checkpoint}` : from;
}

function formatProcess(target: ProcessTarget): string {
  return target.kind === "jobmanager" ? target.kind : `${target.kind}-${target.number}`;
}

function formatTask({ job, vertex, subtask }: TaskTarget): string {
  return `${job}${vertex === undefined ? "" : `/${vertex}`}${subtask === undefined ? "" : `[${subtask}]`}`;
}

function formatLink({ from, to, oneWay }: LinkTarget): string {
  const end = (one: LinkEnd): string => {
    if (typeof one === "string") return one;
    return one.kind === "client" ? one.name : formatProcess(one);
  };
  return `${end(from)} ${oneWay ? "->" : "<->"} ${end(to)}`;
}

function formatTime(time: FaultTime): string {
  switch (time.kind) {
    case "at":
      return `at ${formatDuration(time.time)}`;
    case "trace":
      return `at ${time.times.map((one) => formatDuration(one)).join(" and ")}`;
    case "when": {
      const checkpoint = time.checkpoint === undefined ? "" : ` of checkpoint ${time.checkpoint}`;
      const job = time.job === undefined ? "" : ` of ${time.job}`;
      const occurrence = time.occurrence === 1 ? "" : ` ${ordinal(time.occurrence)} time`;
      const after = time.after === 0 ? "" : ` plus ${formatDuration(time.after)}`;
      return `when ${time.moment}${checkpoint}${job}${occurrence}${after}`;
    }
    case "every": {
      const shape = time.shape === 1 ? "" : ` shape ${time.shape}`;
      const from = time.from === 0 ? "" : ` from ${formatDuration(time.from)}`;
      const until = time.until === Number.POSITIVE_INFINITY ? "" : ` until ${formatDuration(time.until)}`;
      return `every ${formatDuration(time.mean)}${shape}${from}${until}`;
    }
  }
}

function ordinal(number: number): string {
  const tens = number % 100;
  const suffix = tens >= 11 && tens <= 13 ? "th" : (["th", "st", "nd", "rd"][number % 10] ?? "th");
  return `${number}${suffix}`;
}
