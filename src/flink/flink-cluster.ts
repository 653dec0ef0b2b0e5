/** Models: the TaskManager processes of a cluster, and who notices their loss and when: peers by a closed connection, the
 *    JobMasters and the ResourceManager by heartbeats of their own, a resource provider by its watch; a process that the
 *    ResourceManager gives up is ended by the provider, and killed if it stands still for too long; how fresh processes
 *    load what tasks need, and share their host's cores when several do.
 *    When the JobManager's process is lost, they end their tasks once they notice, and register at the next that leads.
 *  Source: flink TaskExecutor, ResourceManager, JobMaster, HeartbeatManagerSenderImpl, ActiveResourceManager,
 *    StandaloneResourceManager (Flink 2.1).
 *  Leaves out: the ten seconds that a process may take to shut down by a fatal error; blocked nodes, decommissioning; a start itself takes as long whoever starts beside it; TaskManagers that
 *    notice the loss of a JobManager at different heartbeats. */

import { invariant, type RandomStream, type Simulation } from "../engine/index.ts";
import { Outbox } from "../records/index.ts";
import type { FailoverObserver } from "./failover-observer.ts";
import { type HeartbeatSettings, lostAfterDeath, lostAfterSilence } from "./heartbeat.ts";
import type { JobMaster, SlotSupply, TaskManagers } from "./job-master.ts";
import { ProcessorSharing } from "./processor-sharing.ts";
import {
  NOT_ENOUGH,
  OFFER,
  onLostByJobMaster,
  onLostByResourceManager,
  onOffered,
  onRegistered,
  onRequirement,
  SLOTS_LOST,
  type SlotAllocationState,
  START_WORKERS,
  slotAllocation,
} from "./slot-allocation.ts";

const SECOND = 1e9;
/** slotmanager.requirement-check.delay (50 ms), and the declaration and its answer on top. */
const REQUIREMENT_CHECK = 50e6;

/** Durations in ns. */
export interface FlinkClusterSettings {
  readonly taskManagers: number;
  readonly slotsPerTaskManager: number;
  /** whether a resource provider watches the processes and starts new ones. */
  readonly startsWorkers: boolean;
  readonly heartbeat: HeartbeatSettings;
  readonly rpc: number;
  /** For a task to end. */
  readonly cancellation: number;
  /** How long a new ResourceManager waits for TaskManagers that may still register. */
  readonly startUp: number;
  readonly taskManagerStart: number;
  readonly connectionLoss: number;
  readonly watch: number;
  /** From the request to end a process until it is killed, if it hasn't ended. */
  readonly termination: number;
  /** To load and compile what tasks need, in a process that has run none, when no other process starts up. */
  readonly loading: number;
  /** Such work that a fresh process still has to do for itself when it has registered. */
  readonly settling: number;
  /** Cores that start-ups on one host share, that one keeps busy, and whose start-ups are on one host. */
  readonly hostCores: number;
  readonly startUpCores: number;
  readonly hostSharedBy: "taskmanager" | "cluster";
  /** Of the processes at time 0. */
  readonly age: number;
  /** Phases of the heartbeats, where they are known: of each JobMaster and of the ResourceManager, ns. Else they are drawn. */
  readonly heartbeatPhases?: { readonly jobMasters: readonly number[]; readonly resourceManager: number };
}

/** Event kinds; payload a = process. */
export interface FlinkClusterKinds {
  readonly offered: number;
  readonly connectionLost: number;
  readonly lostByJobMaster: number;
  readonly lostByResourceManager: number;
  readonly registered: number;
  readonly thawed: number;
  readonly zombieTold: number;
  readonly terminated: number;
  /** b = number of the loss of a JobManager. */
  readonly jobManagerMissed: number;
  readonly reconnected: number;
  /** payload a = host. */
  readonly startUpEnded: number;
}

interface TaskManagerProcess {
  /** position in the cluster, from 0: taskmanager-1 is 0. A replacement takes the position over. */
  readonly position: number;
  isAlive: boolean;
  /** ns; frozen before that. */
  frozenUntil: number;
  /** ns; below 0 for one that was there before the simulation. */
  readonly startedAt: number;
  /** has run a task before. */
  hasRun: boolean;
  /** What is to happen when it has loaded what tasks need; undefined: it has. */
  waiting: (() => void)[] | undefined;
  /** Its works among those of its host. */
  readonly works: number[];
  /** The ResourceManager has given it up. */
  isLost: boolean;
  /** Somebody has given it up: when it turns out to be alive, it is told so. */
  isGivenUp: boolean;
  /** The resource provider has it ended, as soon as it goes on. */
  isTerminating: boolean;
  /** It has no JobManager, and no tasks. */
  isDisconnected: boolean;
}

/** What the cluster does to the tasks in its processes. */
export interface ProcessTasks {
  /** Everything in the process is gone. */
  killProcess(taskManager: number): void;
  /** Everything in the process stands still until `until`. */
  freezeProcess(taskManager: number, until: number): void;
  thawProcess(taskManager: number): void;
  /** Everything in the process ends in good order. */
  closeProcess(taskManager: number): void;
  /** Per job: a subtask that runs elsewhere and has a connection to a task in the process; -1: none. */
  peerOf(job: number, taskManager: number): number;
}

export class FlinkCluster implements TaskManagers {
  readonly #sim: Simulation;
  readonly #kinds: FlinkClusterKinds;
  readonly #settings: FlinkClusterSettings;
  readonly #tasks: ProcessTasks;
  readonly #observer: FailoverObserver;
  readonly #processes: TaskManagerProcess[] = [];
  readonly #jobs: JobMaster[] = [];
  #slots: SlotAllocationState;
  /** Losses of the JobManager so far: what was on its way to an earlier one is lost. */
  #losses = 0;
  #hasJobManager = true;
  /** Until then a ResourceManager waits for TaskManagers to register before it refuses anything, ns. */
  #startUpEndsAt = 0;
  readonly #outbox = new Outbox();
  readonly #hosts = new Map<number, ProcessorSharing>();
  #isCarryingOut = false;
  /** phases of the heartbeats, ns: of each JobMaster, and of the ResourceManager. */
  readonly #phases: number[];
  readonly #resourceManagerPhase: number;
  /** Positions that a process is on its way to. */
  readonly #coming = new Set<number>();
  /** Positions whose replacement a fault has planned and the ResourceManager doesn't count on yet. */
  readonly #unnoticedRepairs = new Set<number>();

  constructor(
    sim: Simulation,
    kinds: FlinkClusterKinds,
    settings: FlinkClusterSettings,
    jobs: number,
    tasks: ProcessTasks,
    random: RandomStream,
    observer: FailoverObserver,
  ) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.#tasks = tasks;
    this.#observer = observer;
    this.#slots = slotAllocation(jobs);
    const phase = (): number => Math.floor(random.uniform() * settings.heartbeat.interval);
    this.#phases = Array.from(
      { length: jobs },
      (_, job) => settings.heartbeatPhases?.jobMasters[job] ?? phase(),
    );
    this.#resourceManagerPhase = settings.heartbeatPhases?.resourceManager ?? phase();
    for (let position = 0; position < settings.taskManagers; position++)
      this.#register(position, { startedAt: -settings.age, isFresh: false });
  }

  /** The JobMaster of a job from now on. */
  setJob(number: number, job: JobMaster): void {
    this.#jobs[number] = job;
  }

  get hasJobManager(): boolean {
    return this.#hasJobManager;
  }

  /** The slots of a job, as its JobMaster asks for them. */
  slotsOf(job: number): SlotSupply {
    return {
      require: (slots) => {
        onRequirement(this.#slots, this.#settings, job, slots, this.#outbox);
        this.#carryOut();
        return this.#slots.pools[job]!;
      },
    };
  }

  // ---- TaskManagers

  isReachable(taskManager: number): boolean {
    return this.#processes[taskManager]!.isAlive;
  }

  frozenUntil(taskManager: number): number {
    return this.#processes[taskManager]!.frozenUntil;
  }

  /** ns; when the process was started. */
  startedAt(taskManager: number): number {
    return this.#processes[taskManager]!.startedAt;
  }

  /** Whether no task has run in the process. */
  isFresh(taskManager: number): boolean {
    return !this.#processes[taskManager]!.hasRun;
  }

  whenLoaded(taskManager: number, then: () => void): void {
    const worker = this.#processes[taskManager]!;
    if (worker.waiting === undefined) {
      then();
      return;
    }
    worker.waiting.push(then);
    if (worker.waiting.length > 1) return;
    this.#work(taskManager, this.#settings.loading, () => {
      const waiting = worker.waiting!;
      worker.waiting = undefined;
      for (const next of waiting) next();
    });
  }

  markWarm(taskManager: number): void {
    this.#processes[taskManager]!.hasRun = true;
  }

  // ---- faults

  /** The process that is at a position now, or undefined while there is none. */
  processAt(position: number): number | undefined {
    const index = this.#processes.findLastIndex((one) => one.position === position && one.isAlive);
    return index < 0 ? undefined : index;
  }

  /** Ends a process now. `silent`: no connection is closed, and nobody is refused. `repair`: ns until another is registered in
   *  its place; undefined: as the resource provider does. */
  kill(taskManager: number, silent: boolean, repair: number | undefined): void {
    const { heartbeat, watch, startsWorkers } = this.#settings;
    const worker = this.#processes[taskManager]!;
    const now = this.#sim.now;
    const noticed = silent ? lostAfterSilence : lostAfterDeath;
    this.#end(taskManager, !silent);
    this.#jobs.forEach((_, job) => {
      const at = noticed(heartbeat, this.#phases[job]!, now);
      this.#sim.scheduleAt(at, this.#kinds.lostByJobMaster, taskManager, this.#ofThisLeader(job));
    });
    let noticedAt = noticed(heartbeat, this.#resourceManagerPhase, now);
    if (startsWorkers && !silent) noticedAt = Math.min(noticedAt, now + watch);
    this.#sim.scheduleAt(noticedAt, this.#kinds.lostByResourceManager, taskManager, this.#losses);
    if (repair === undefined) return;
    this.#coming.add(worker.position);
    this.#unnoticedRepairs.add(worker.position);
    this.#sim.scheduleAfter(repair, this.#kinds.registered, worker.position, 1);
  }

  /** A task in a process doesn't end: the process shuts down, and takes its leave of the JobMasters and the ResourceManager.
   *  Source: flink TaskManagerRunner.onFatalError, TaskExecutor.onStop. */
  failFatally(taskManager: number): void {
    const { rpc } = this.#settings;
    if (!this.#processes[taskManager]!.isAlive) return;
    this.#observer.cancellationTimedOut(taskManager, this.#sim.now);
    this.#tasks.closeProcess(taskManager);
    this.#end(taskManager, true);
    this.#jobs.forEach((_, job) => {
      this.#sim.scheduleAfter(rpc, this.#kinds.lostByJobMaster, taskManager, this.#ofThisLeader(job));
    });
    this.#sim.scheduleAfter(rpc, this.#kinds.lostByResourceManager, taskManager, this.#losses);
  }

  /** A process is gone, with all that is in it. @param closes whether its peers see closed connections. */
  #end(taskManager: number, closes: boolean): void {
    const worker = this.#processes[taskManager]!;
    invariant(worker.isAlive, "a process ends once");
    worker.isAlive = false;
    for (const work of worker.works) this.#hostOf(taskManager).cancel(work);
    this.#observer.taskManagerEnded(taskManager, this.#sim.now);
    const { connectionLoss } = this.#settings;
    if (closes) this.#sim.scheduleAfter(connectionLoss, this.#kinds.connectionLost, taskManager, 0);
    this.#tasks.killProcess(taskManager);
  }

  /** Stops a process for `duration` ns. */
  freeze(taskManager: number, duration: number): void {
    const { heartbeat } = this.#settings;
    const worker = this.#processes[taskManager]!;
    const now = this.#sim.now;
    worker.frozenUntil = Math.max(worker.frozenUntil, now + duration);
    this.#observer.taskManagerFrozen(taskManager, worker.frozenUntil, now);
    this.#tasks.freezeProcess(taskManager, worker.frozenUntil);
    this.#sim.scheduleAt(worker.frozenUntil, this.#kinds.thawed, taskManager, 0);
    this.#jobs.forEach((_, job) => {
      const at = lostAfterSilence(heartbeat, this.#phases[job]!, now);
      if (at >= worker.frozenUntil) return;
      this.#sim.scheduleAt(at, this.#kinds.lostByJobMaster, taskManager, this.#ofThisLeader(job));
    });
    const at = lostAfterSilence(heartbeat, this.#resourceManagerPhase, now);
    if (at < worker.frozenUntil)
      this.#sim.scheduleAt(at, this.#kinds.lostByResourceManager, taskManager, this.#losses);
  }

  /** A job and the leader that minds it, as one number. */
  #ofThisLeader(job: number): number {
    return this.#losses * this.#phases.length + job;
  }

  /** The process of the ResourceManager and of all JobMasters is gone. TaskManagers go on until they are told, at `toldAt` (ns;
   *  infinite: never), or until no heartbeat has come for the time-out; then they end their tasks.
   *  @returns number of the loss. */
  loseJobManager(toldAt: number): number {
    this.#hasJobManager = false;
    this.#losses++;
    this.#slots = slotAllocation(this.#phases.length);
    this.#unnoticedRepairs.clear();
    this.#missJobManagerAt(Math.min(this.#missedAt(this.#sim.now), toldAt));
    return this.#losses;
  }

  /** It stands still from `since` until `until`, ns, and its TaskManagers are without heartbeats. That what it does itself waits
   *  is not the cluster's to see to. */
  freezeJobManager(since: number, until: number): void {
    const { heartbeat } = this.#settings;
    const missedAt = Math.max(this.#sim.now, this.#missedAt(since));
    if (missedAt < until) this.#missJobManagerAt(missedAt);
    // Its own timers are due at once when it goes on, before it hears of anything.
    const isMissed = (phase: number): boolean => lostAfterSilence(heartbeat, phase, since) < until;
    this.#processes.forEach(({ isAlive }, taskManager) => {
      if (!isAlive) return;
      this.#jobs.forEach((_, job) => {
        if (isMissed(this.#phases[job]!))
          this.#sim.scheduleAt(until, this.#kinds.lostByJobMaster, taskManager, this.#ofThisLeader(job));
      });
      if (isMissed(this.#resourceManagerPhase))
        this.#sim.scheduleAt(until, this.#kinds.lostByResourceManager, taskManager, this.#losses);
    });
  }

  /** ns; no heartbeat of the JobManager that is gone since `since` has come for the time-out. */
  #missedAt(since: number): number {
    return lostAfterSilence(this.#settings.heartbeat, Math.min(...this.#phases), since);
  }

  #missJobManagerAt(at: number): void {
    this.#processes.forEach(({ isAlive }, taskManager) => {
      if (isAlive) this.#sim.scheduleAt(at, this.#kinds.jobManagerMissed, taskManager, this.#losses);
    });
  }

  /** A new JobManager leads: TaskManagers that have ended their tasks register. */
  leadAnew(): void {
    this.#hasJobManager = true;
    const alive = this.#processes.filter(({ isAlive }) => isAlive).length;
    this.#slots.workersOnTheirWay = alive + this.#coming.size;
    this.#startUpEndsAt = this.#sim.now + this.#settings.startUp;
    this.#observer.jobManagerLeads(this.#sim.now);
    this.#processes.forEach(({ isAlive, isDisconnected }, taskManager) => {
      if (isAlive && isDisconnected) this.#reconnect(taskManager);
    });
  }

  /** Handler of `jobManagerMissed`. */
  onJobManagerMissed(taskManager: number, loss: number): void {
    const worker = this.#processes[taskManager]!;
    if (!worker.isAlive || worker.isDisconnected || loss !== this.#losses) return;
    if (this.#sim.now < worker.frozenUntil) {
      this.#sim.scheduleAt(worker.frozenUntil, this.#kinds.jobManagerMissed, taskManager, loss);
      return;
    }
    worker.isDisconnected = true;
    this.#observer.taskManagerDisconnected(taskManager, this.#sim.now);
    this.#tasks.closeProcess(taskManager);
    if (this.#hasJobManager) this.#reconnect(taskManager);
  }

  /** It ends its tasks and registers: two calls. */
  #reconnect(taskManager: number): void {
    const { rpc, cancellation } = this.#settings;
    this.#sim.scheduleAfter(cancellation + 4 * rpc, this.#kinds.reconnected, taskManager, this.#losses);
  }

  /** Handler of `reconnected`. */
  onReconnected(taskManager: number, loss: number): void {
    const worker = this.#processes[taskManager]!;
    if (!worker.isAlive || loss !== this.#losses) return;
    if (this.#sim.now < worker.frozenUntil) {
      this.#sim.scheduleAt(worker.frozenUntil, this.#kinds.reconnected, taskManager, loss);
      return;
    }
    // A JobManager that has only stood still knows it, and learns by this that its tasks are gone.
    if (worker.isLost || this.#slots.taskManagers.some(({ id }) => id === taskManager)) {
      this.#registerAnew(taskManager);
      return;
    }
    worker.isDisconnected = false;
    worker.isGivenUp = false;
    onRegistered(this.#slots, this.#settings, taskManager, this.#outbox);
    this.#observer.taskManagerRegistered(taskManager, this.#sim.now);
    this.#carryOut();
  }

  // ---- handlers

  /** Handler of `connectionLost`: tasks that were connected to the process fail. */
  onConnectionLost(taskManager: number): void {
    this.#jobs.forEach((job, number) => {
      const peer = this.#tasks.peerOf(number, taskManager);
      if (peer >= 0) job.onTaskException(peer, job.attemptOf(peer), "RemoteTransportException");
    });
  }

  /** Handler of `lostByJobMaster`. @param b the job and the leader that minds it. */
  onLostByJobMaster(taskManager: number, b: number): void {
    const job = b % this.#phases.length;
    if (b !== this.#ofThisLeader(job)) return;
    if (this.#isAwake(taskManager)) this.#tell(taskManager);
    this.#processes[taskManager]!.isGivenUp = true;
    onLostByJobMaster(this.#slots, job, taskManager, this.#outbox);
    if (this.#outbox.length > 0) this.#observer.taskManagerLost(job, taskManager, this.#sim.now);
    this.#carryOut();
  }

  #isAwake(taskManager: number): boolean {
    const { isAlive, frozenUntil } = this.#processes[taskManager]!;
    return isAlive && this.#sim.now >= frozenUntil;
  }

  /** A process hears that it was given up. */
  #tell(taskManager: number): void {
    this.#sim.scheduleAfter(2 * this.#settings.rpc, this.#kinds.zombieTold, taskManager, 0);
  }

  /** Handler of `lostByResourceManager`. */
  onLostByResourceManager(taskManager: number, loss: number): void {
    if (this.#processes[taskManager]!.isLost || loss !== this.#losses) return;
    const { startsWorkers, termination } = this.#settings;
    const worker = this.#processes[taskManager]!;
    this.#deregister(taskManager);
    if (!worker.isAlive) return;
    if (!startsWorkers) {
      // The ResourceManager had stood still itself.
      if (this.#isAwake(taskManager)) this.#tell(taskManager);
      return;
    }
    // Whoever starts processes ends what it takes for dead.
    worker.isTerminating = true;
    if (this.#isAwake(taskManager)) this.#terminate(taskManager);
    else this.#sim.scheduleAfter(termination, this.#kinds.terminated, taskManager, 0);
  }

  /** A process does as it was asked: it closes its tasks, and ends. */
  #terminate(taskManager: number): void {
    this.#tasks.closeProcess(taskManager);
    this.#end(taskManager, true);
  }

  /** Handler of `terminated`: the process has been asked to end and hasn't, so it is killed. */
  onTerminated(taskManager: number): void {
    if (this.#processes[taskManager]!.isAlive) this.#end(taskManager, true);
  }

  #deregister(taskManager: number): void {
    const worker = this.#processes[taskManager]!;
    worker.isLost = true;
    worker.isGivenUp = true;
    this.#observer.taskManagerLost(-1, taskManager, this.#sim.now);
    this.#countOnRepair(worker.position);
    onLostByResourceManager(this.#slots, this.#settings, taskManager, this.#outbox);
    this.#carryOut();
  }

  /** Handler of `registered`: a new process is there; b = 1: a fault had planned it. */
  onRegistered(position: number, planned: number): void {
    if (planned === 1) this.#countOnRepair(position);
    this.#coming.delete(position);
    const startedAt = this.#sim.now - this.#settings.taskManagerStart;
    const taskManager = this.#register(position, { startedAt, isFresh: true });
    this.#work(taskManager, this.#settings.settling, () => {});
    this.#carryOut();
  }

  /** Handler of `startUpEnded`. */
  onStartUpEnded(host: number): void {
    this.#hosts.get(host)!.onEnded();
  }

  /** Handler of `offered`. */
  onOffered(taskManager: number, b: number): void {
    const job = b % this.#phases.length;
    if (this.#processes[taskManager]!.isLost || b !== this.#ofThisLeader(job)) return;
    onOffered(this.#slots, job, taskManager);
    this.#jobs[job]!.onSlotsOffered();
  }

  /** Handler of `thawed`: the process goes on where it was, a zombie if it was given up in the meantime. */
  onThawed(taskManager: number): void {
    const worker = this.#processes[taskManager]!;
    if (!worker.isAlive || this.#sim.now < worker.frozenUntil) return;
    this.#tasks.thawProcess(taskManager);
    if (worker.isTerminating) this.#terminate(taskManager);
    else if (worker.isGivenUp) this.#tell(taskManager);
  }

  /** Handler of `zombieTold`: the process learns that it was given up. It ends its tasks and registers anew, under the same
   *  ResourceID; here under a new number, since its old slots are nobody's. */
  onZombieTold(taskManager: number): void {
    const worker = this.#processes[taskManager]!;
    if (!this.#isAwake(taskManager) || !worker.isGivenUp) return;
    this.#tasks.closeProcess(taskManager);
    this.#registerAnew(taskManager);
  }

  #registerAnew(taskManager: number): void {
    const worker = this.#processes[taskManager]!;
    worker.isAlive = false;
    if (!worker.isLost) this.#deregister(taskManager);
    this.#register(worker.position, { startedAt: worker.startedAt, isFresh: !worker.hasRun });
    this.#carryOut();
  }

  /** @returns the number of the process. */
  #register(position: number, { startedAt, isFresh }: { startedAt: number; isFresh: boolean }): number {
    const taskManager = this.#processes.length;
    this.#processes.push({
      position,
      isAlive: true,
      frozenUntil: 0,
      startedAt,
      hasRun: !isFresh,
      waiting: isFresh ? [] : undefined,
      works: [],
      isLost: false,
      isGivenUp: false,
      isTerminating: false,
      isDisconnected: !this.#hasJobManager,
    });
    if (!this.#hasJobManager) return taskManager;
    if (this.#sim.now > 0) this.#observer.taskManagerRegistered(taskManager, this.#sim.now);
    onRegistered(this.#slots, this.#settings, taskManager, this.#outbox);
    return taskManager;
  }

  /** A process starts up, or goes on to: it shares its host's cores with others that do. @param time ns alone. */
  #work(taskManager: number, time: number, done: () => void): void {
    const work = this.#hostOf(taskManager).begin((time / SECOND) * this.#settings.startUpCores, done);
    this.#processes[taskManager]!.works.push(work);
  }

  #hostOf(taskManager: number): ProcessorSharing {
    const { hostSharedBy, startUpCores, hostCores } = this.#settings;
    const number = hostSharedBy === "cluster" ? 0 : taskManager;
    let host = this.#hosts.get(number);
    if (host === undefined) {
      const ended = this.#kinds.startUpEnded;
      host = new ProcessorSharing(this.#sim, { number, ended, each: startUpCores, capacity: hostCores });
      this.#hosts.set(number, host);
    }
    return host;
  }

  #carryOut(): void {
    if (this.#isCarryingOut) return;
    this.#isCarryingOut = true;
    const outbox = this.#outbox;
    for (let i = 0; i < outbox.length; i++) {
      const a = outbox.a[i]!;
      const b = outbox.b[i]!;
      switch (outbox.effects[i]) {
        case OFFER:
          this.#offer(a, b);
          break;
        case NOT_ENOUGH:
          this.#jobs[a]?.giveUpSlotsAt(
            Math.max(this.#startUpEndsAt, this.#sim.now + REQUIREMENT_CHECK) + 2 * this.#settings.rpc,
          );
          break;
        case START_WORKERS:
          this.#startWorkers(a);
          break;
        case SLOTS_LOST:
          this.#jobs[a]!.onTaskManagerLost(b);
          break;
      }
    }
    outbox.clear();
    this.#isCarryingOut = false;
  }

  /** Before the jobs start, offers arrive at once. */
  #offer(job: number, taskManager: number): void {
    if (this.#sim.now === 0) onOffered(this.#slots, job, taskManager);
    else {
      const b = this.#ofThisLeader(job);
      this.#sim.scheduleAfter(2 * this.#settings.rpc, this.#kinds.offered, taskManager, b);
    }
  }

  /** A replacement that a fault has planned is on its way like one that the provider starts, and stands for the process
   *  whose place it takes, for no other. */
  #countOnRepair(position: number): void {
    if (this.#unnoticedRepairs.delete(position)) this.#slots.workersOnTheirWay++;
  }

  #startWorkers(count: number): void {
    const vacant = new Set(this.#processes.map(({ position }) => position));
    for (const { position, isAlive, isLost } of this.#processes)
      if (isAlive && !isLost) vacant.delete(position);
    for (const position of this.#coming) vacant.delete(position);
    for (const position of [...vacant].slice(0, count)) {
      this.#coming.add(position);
      this.#sim.scheduleAfter(this.#settings.taskManagerStart, this.#kinds.registered, position, 0);
    }
  }
}
