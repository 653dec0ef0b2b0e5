import type {
  Fault,
  FaultAction,
  LinkEnd,
  LinkTarget,
  OperatorAction,
  ProcessTarget,
  TaskTarget,
} from "../../faults/index.ts";
import { nearest } from "../nearest.ts";
import { SOURCE } from "../pipeline.ts";
import { problemOfRescaling, widestJob } from "../rescaling.ts";
import type { CheckContext } from "./check-context.ts";

/** Whether the models can do it. */
export function isModelledFault(action: FaultAction): boolean {
  switch (action.kind) {
    case "fail":
    case "elect":
    case "poison":
    case "slow":
    case "slow-disk":
    case "storage":
      return true;
    case "operate":
    case "kill":
    case "freeze":
      return true;
    case "cut":
      return isCuttable(action.link);
    case "delay":
      return isCuttable(action.link) && isToClients(action.link);
    case "drop":
    case "duplicate":
    case "delay-message":
      return action.message !== "notifyCheckpointComplete";
    default:
      return false;
  }
}

/** What the models can do of a kind of fault that they can't do everything of. */
function modelledOf(action: FaultAction): string {
  switch (action.kind) {
    case "cut":
      return "cut between brokers and taskmanagers, readers, producers, the controller or each other";
    case "delay":
      return "delay between brokers and taskmanagers or readers";
    case "drop":
    case "duplicate":
    case "delay-message":
      return "drop, duplicate and delay of messages to or from a broker";
    default:
      return "other faults";
  }
}

/** Between brokers and anybody else, or each other. */
function isCuttable({ from, to }: LinkTarget): boolean {
  const others = [from, to].filter((end) => !isBrokers(end));
  return others.length < 2 && others.every((end) => typeof end === "string" || end.kind !== "jobmanager");
}

/** Not to the controller or between brokers. */
function isToClients({ from, to }: LinkTarget): boolean {
  return [from, to].some((end) => !isBrokers(end) && end !== "controller");
}

function isBrokers(end: LinkEnd): boolean {
  return end === "brokers" || (typeof end !== "string" && end.kind === "broker");
}

/** Faults: whoever they hit is there, and the models can do it. */
export function checkFaults(context: CheckContext): void {
  for (const fault of context.pipeline.faults) {
    new FaultCheck(context, fault).run();
    if (isModelledFault(fault.action)) continue;
    context.report({
      path: ["faults", fault.name],
      wanted: `${modelledOf(fault.action)}: no more is modelled of it, see docs/pipeline-file.md#faults`,
    });
  }
}

class FaultCheck {
  readonly #context: CheckContext;
  readonly #fault: Fault;

  constructor(context: CheckContext, fault: Fault) {
    this.#context = context;
    this.#fault = fault;
  }

  run(): void {
    const { action, time } = this.#fault;
    switch (action.kind) {
      case "kill":
      case "freeze":
        this.#process(action.target);
        break;
      case "fail":
      case "slow":
        this.#task(action.target);
        break;
      case "poison":
        this.#task(action.target);
        this.#record(action);
        break;
      case "slow-disk":
        this.#process({ kind: "broker", number: action.broker });
        break;
      case "elect":
        this.#topic(action.topic, action.topicPartition);
        break;
      case "delay":
        this.#link(action.link);
        this.#notToProducers(action.link);
        break;
      case "cut":
        this.#link(action.link);
        break;
      case "drop":
      case "duplicate":
      case "delay-message":
        if (action.job !== undefined) this.#job(action.job);
        if (action.job !== undefined && action.message === "WriteTxnMarkers request")
          this.#report("no job: markers go from broker to broker");
        break;
      case "storage":
        this.#storage();
        break;
      case "operate":
        this.#job(action.job);
        this.#operate(action.job, action.action);
        break;
    }
    if (time.kind === "when" && time.job !== undefined) this.#job(time.job);
  }

  #report(wanted: string, suggestion?: string): void {
    this.#context.report({ path: ["faults", this.#fault.name], wanted, suggestion });
  }

  #process(target: ProcessTarget): void {
    if (target.kind === "jobmanager") return;
    const { flink, kafka } = this.#context.pipeline;
    const count = target.kind === "broker" ? kafka.brokers : flink.taskManagers;
    if (target.number > count)
      this.#report(`${target.kind}-1${count > 1 ? ` to ${target.kind}-${count}` : ", the only one"}`);
  }

  #job(name: string): void {
    const names = this.#context.pipeline.jobs.map((job) => job.name);
    if (!names.includes(name)) this.#report(`a job of the file: ${names.join(", ")}`, nearest(name, names));
  }

  #task({ job, vertex, subtask }: TaskTarget): void {
    this.#job(job);
    const found = this.#context.pipeline.jobs.find((one) => one.name === job);
    if (found === undefined) return;
    const vertices = ["source", ...found.operators.map((operator) => operator.name)];
    if (vertex !== undefined && !vertices.includes(vertex)) {
      this.#report(`a vertex of job ${job}: ${vertices.join(", ")}`, nearest(vertex, vertices));
    }
    const widest = widestJob(found, this.#context.pipeline.faults);
    const operator = widest.operators.find(({ name }) => name === vertex);
    const parallelism = operator?.parallelism ?? widest.parallelism;
    if (subtask !== undefined && subtask >= parallelism)
      this.#report(`a subtask from 0 to ${parallelism - 1}`);
  }

  /** What a job is submitted from has to be there. */
  #operate(name: string, action: OperatorAction): void {
    const { jobs, faults } = this.#context.pipeline;
    const job = jobs.find((one) => one.name === name);
    if (job === undefined) return;
    const { interval, retained, retention } = job.checkpointing;
    const needsCheckpoints =
      action.kind !== "cancel" && !(action.kind === "restart" && action.from === "nothing");
    if (needsCheckpoints && interval === undefined) {
      this.#report(`a job with execution.checkpointing.interval: ${name} has no checkpoints`);
    }
    if (action.kind !== "restart") return;
    if (action.parallelism !== undefined) {
      const problem = problemOfRescaling(job, action.parallelism, this.#context.pipeline);
      if (problem !== undefined) this.#report(problem);
    }
    if (action.from !== "latest") return;
    // What a lost JobManager leaves behind nobody deletes.
    const isLost = faults.some(
      ({ action: other }) => other.kind === "kill" && other.target.kind === "jobmanager",
    );
    if (retention !== "RETAIN_ON_CANCELLATION" && !isLost) {
      this.#report(
        `execution.checkpointing.externalized-checkpoint-retention RETAIN_ON_CANCELLATION in job ${name}, else no checkpoint is left to start from`,
      );
    }
    if (action.checkpoint >= retained) {
      this.#report(
        `from latest - 0 to ${retained - 1}: execution.checkpointing.num-retained of job ${name} is ${retained}`,
      );
    }
  }

  #storage(): void {
    const { jobs } = this.#context.pipeline;
    if (jobs.some(({ checkpointing }) => checkpointing.storage === "filesystem")) return;
    this.#context.warn({
      path: ["faults", this.#fault.name],
      wanted:
        "the fault has no effect: all checkpoints are in the JobManager's memory, since no job sets execution.checkpointing.dir",
    });
  }

  /** A record is known by its place in a topic that a producer fills, and by nothing else. */
  #record({ target, topicPartition }: FaultAction & { readonly kind: "poison" }): void {
    const { jobs, producers } = this.#context.pipeline;
    const job = jobs.find((one) => one.name === target.job);
    if (job === undefined) return;
    const { topic } = job.source;
    if (target.vertex === SOURCE) this.#report("an operator behind the source, which throws at the record");
    else if (producers.every((producer) => producer.topic !== topic)) {
      this.#report(`a job that reads what a producer makes: ${topic} is written by another job`);
    } else this.#topic(topic, topicPartition);
  }

  #topic(name: string, partition: number | undefined): void {
    const { topics } = this.#context.pipeline.kafka;
    const topic = topics.find((one) => one.name === name);
    const names = topics.map((one) => one.name);
    if (topic === undefined) this.#report(`a topic of the file: ${names.join(", ")}`, nearest(name, names));
    else if (partition !== undefined && partition >= topic.partitions) {
      this.#report(`a partition from 0 to ${topic.partitions - 1} of ${name}`);
    }
  }

  /** The load is a closed form with one delay. */
  #notToProducers({ from, to }: LinkTarget): void {
    const { producers } = this.#context.pipeline;
    const isOne = (end: LinkEnd): boolean =>
      end === "producers" ||
      (typeof end !== "string" && end.kind === "client" && producers.some(({ name }) => name === end.name));
    if (isOne(from) || isOne(to))
      this.#report("taskmanagers or readers on the other side of the brokers: the load's own links can be cut, not delayed"); // biome-ignore format: one line
  }

  #link({ from, to }: LinkTarget): void {
    for (const end of [from, to]) {
      if (typeof end === "string") continue;
      if (end.kind === "client") this.#client(end.name);
      else this.#process(end);
    }
    const isOne = typeof from !== "string" && typeof to !== "string" && from.kind === "broker";
    if (isOne && to.kind === "broker" && from.number === to.number) this.#report("two brokers");
  }

  #client(name: string): void {
    const { readers, producers } = this.#context.pipeline;
    const names = [...readers, ...producers].map((one) => one.name);
    if (names.includes(name)) return;
    this.#report(`a reader or a producer of the file: ${names.join(", ")}`, nearest(name, names));
  }
}
