import type { Fault, FaultAction, LinkEnd, LinkTarget, MessageKind } from "../../faults/index.ts";
import { FlinkCluster, type ProcessTasks } from "../../flink/index.ts";
import { ALL, type ClientKind, type ClientPlace, CONTROLLER, type LinkCut } from "../../kafka/index.ts";
import type { JobSpec } from "../pipeline.ts";
import { freezeJobManager } from "./frozen-leader.ts";
import { makeJobMaster } from "./job-masters.ts";
import { type JobSurroundings, tellFault } from "./job-surroundings.ts";
import { loseJobManager } from "./lost-leader.ts";
import { advanceSubmission, operate } from "./operate.ts";
import { SimulatedAttempts } from "./simulated-attempts.ts";

/** Builds the Flink cluster of a world: its TaskManagers, and each job with its JobMaster and its tasks, all RUNNING. */
export function startJobs(jobs: readonly JobSpec[], world: JobSurroundings): void {
  const { sim, pipeline, events, observer, options } = world;
  const { flink, environment: env } = pipeline;
  for (const job of jobs) events.attempts[pipeline.jobs.indexOf(job)] = new SimulatedAttempts(job, world);
  const cluster = new FlinkCluster(
    sim,
    events.clusterKinds,
    {
      taskManagers: flink.taskManagers,
      slotsPerTaskManager: flink.slotsPerTaskManager,
      startsWorkers: flink.resourceProvider === "active",
      heartbeat: {
        interval: flink.heartbeatInterval,
        timeout: flink.heartbeatTimeout,
        rpcFailureThreshold: flink.heartbeatRpcFailureThreshold,
        roundTrip: 2 * env.flinkRpc,
      },
      rpc: env.flinkRpc,
      cancellation: env.taskCancellation,
      startUp: flink.slotRequestTimeout,
      taskManagerStart: env.taskManagerStart,
      connectionLoss: env.connectionLoss,
      watch: env.taskManagerWatch,
      termination: env.taskManagerTermination,
      loading: Math.max(0, env.taskFirstDeployment - env.taskDeployment),
      settling: env.taskManagerSettling,
      hostCores: env.hostCores,
      startUpCores: env.startUpCores,
      hostSharedBy: env.hostSharedBy,
      age: env.clusterAge,
      ...(options.phases?.heartbeats && { heartbeatPhases: options.phases.heartbeats }),
    },
    jobs.length,
    new TasksOfProcesses(world),
    sim.stream("heartbeats"),
    observer,
  );
  events.cluster = cluster;
  for (let number = 0; number < jobs.length; number++) makeJobMaster(number, world);
  for (const job of jobs) events.masters[pipeline.jobs.indexOf(job)]!.start(true);
}

/** Makes a fault happen now. What it is to hit and isn't there at the moment is spared. */
export function performFault(fault: Fault, world: JobSurroundings): void {
  const { events, kafka, pipeline, sim } = world;
  const cluster = events.cluster!;
  const { action } = fault;
  // It happens when an operator meets the record.
  if (action.kind === "poison") return;
  tellFault(fault, world);
  switch (action.kind) {
    case "kill": {
      const { target, silent, repair } = action;
      if (target.kind === "broker") kafka.brokers!.kill(target.number - 1, silent, repair);
      if (target.kind === "jobmanager") loseJobManager(repair, world);
      const victim = target.kind === "taskmanager" ? cluster.processAt(target.number - 1) : undefined;
      if (victim !== undefined) cluster.kill(victim, silent, repair);
      return;
    }
    case "freeze": {
      const { target, duration } = action;
      if (target.kind === "broker") {
        kafka.brokers!.freeze(target.number - 1, duration);
        return;
      }
      if (target.kind === "jobmanager") freezeJobManager(duration, world);
      const victim = target.kind === "taskmanager" ? cluster.processAt(target.number - 1) : undefined;
      if (victim !== undefined) cluster.freeze(victim, duration);
      return;
    }
    case "fail": {
      const { job, vertex, subtask } = action.target;
      const number = pipeline.jobs.findIndex((one) => one.name === job);
      events.attempts[number]!.fail(vertex, subtask);
      return;
    }
    case "slow": {
      const { job, vertex, subtask } = action.target;
      const number = pipeline.jobs.findIndex((one) => one.name === job);
      events.attempts[number]!.slowDown(vertex, subtask, action.factor, sim.now + action.duration);
      return;
    }
    case "storage":
      events.troubleStore(action.mode, action.factor, sim.now + action.duration);
      sim.scheduleAfter(action.duration, events.storeRecovers, 0, 0);
      return;
    case "slow-disk":
      kafka.brokers!.slowDisk(action.broker - 1, action.factor, action.duration);
      return;
    case "elect":
      kafka.brokers!.elect(action.topic, action.topicPartition, action.unclean);
      return;
    case "operate": {
      const number = pipeline.jobs.findIndex(({ name }) => name === action.job);
      const onSubmissionDue = (job: number): void => advanceSubmission(job, world);
      events.onSubmissionDue = onSubmissionDue;
      const request = (): void => operate(fault, number, action.action, world);
      if (sim.now < events.jobManagerFrozenUntil) events.waitingRequests.push(request);
      else request();
      return;
    }
    case "cut":
      cutLink(action.link, action.duration, world);
      return;
    case "delay":
      for (const between of linksBetween(action.link, world))
        kafka.delayLink(between, action.by, action.duration);
      return;
    case "drop":
    case "duplicate":
    case "delay-message":
      troubleMessages(action, world);
      return;
    default:
      return;
  }
}

/** What happens to the next messages of a kind. */
function troubleMessages(
  action: Extract<FaultAction, { readonly message: MessageKind }>,
  { kafka, pipeline }: JobSurroundings,
): void {
  const { message, times } = action;
  if (message === "notifyCheckpointComplete") return;
  const job = pipeline.jobs.findIndex(({ name }) => name === action.job);
  if (action.kind === "delay-message") kafka.links.delayNext(message, job, action.by, times);
  else if (action.kind === "drop") kafka.links.loseNext(message, job, times);
  else kafka.links.duplicateNext(message, job, times);
}

/** The ways between brokers and their clients that a link stands for. */
function linksBetween({ from, to, oneWay }: LinkTarget, world: JobSurroundings): readonly LinkWay[] {
  const toBroker = numberOfBroker(to) !== undefined;
  const broker = toBroker ? numberOfBroker(to)! : numberOfBroker(from)!;
  const [requests, responses] = [!oneWay || toBroker, !oneWay || !toBroker];
  return clientsAt(toBroker ? from : to, world).map(({ kind, client }) => {
    return { kind, client, broker, requests, responses };
  });
}

type LinkWay = Pick<LinkCut, "kind" | "client" | "broker" | "requests" | "responses">;

/** Between brokers and their clients, the controller or each other, whichever way round it is said. */
function cutLink(link: LinkTarget, duration: number, world: JobSurroundings): void {
  const { from, to } = link;
  const { brokers } = world.kafka;
  const [one, other] = [numberOfBroker(from), numberOfBroker(to)];
  if (one !== undefined && other !== undefined) brokers!.cut(one, other, duration);
  else if (from === "controller" || to === "controller") brokers!.cut(one ?? other!, CONTROLLER, duration);
  else for (const way of linksBetween(link, world)) world.kafka.cutLink(way, duration);
}

/** undefined: no broker. */
function numberOfBroker(end: LinkEnd): number | undefined {
  if (end === "brokers") return ALL;
  return typeof end !== "string" && end.kind === "broker" ? end.number - 1 : undefined;
}

/** The clients of brokers that an end of a link stands for. */
function clientsAt(
  end: LinkEnd,
  { events, pipeline }: JobSurroundings,
): readonly Pick<ClientPlace, "kind" | "client">[] {
  if (end === "taskmanagers") return [{ kind: "taskmanager", client: ALL }];
  if (end === "readers") return [{ kind: "reader", client: ALL }];
  if (end === "producers") return [{ kind: "producer", client: ALL }];
  if (typeof end === "string") return [];
  if (end.kind === "taskmanager") {
    const client = events.cluster!.processAt(end.number - 1);
    return client === undefined ? [] : [{ kind: "taskmanager", client }];
  }
  if (end.kind !== "client") return [];
  const named = (clients: readonly { readonly name: string }[], kind: ClientKind) =>
    clients.flatMap(({ name }, client) => (name === end.name ? [{ kind, client }] : []));
  return [...named(pipeline.readers, "reader"), ...named(pipeline.producers, "producer")];
}

/** The tasks of all jobs by the process they are in. */
class TasksOfProcesses implements ProcessTasks {
  readonly #world: JobSurroundings;

  constructor(world: JobSurroundings) {
    this.#world = world;
  }

  killProcess(taskManager: number): void {
    this.#world.events.attempts.forEach((attempts) => {
      attempts.endProcess(taskManager, false);
    });
  }

  closeProcess(taskManager: number): void {
    this.#world.events.attempts.forEach((attempts) => {
      attempts.endProcess(taskManager, true);
    });
  }

  freezeProcess(taskManager: number): void {
    this.#world.events.attempts.forEach((attempts) => {
      attempts.freezeProcess(taskManager);
    });
  }

  thawProcess(taskManager: number): void {
    this.#world.events.attempts.forEach((attempts) => {
      attempts.thawProcess(taskManager);
    });
  }

  peerOf(job: number, taskManager: number): number {
    return this.#world.events.attempts[job]!.peerOf(taskManager);
  }
}
