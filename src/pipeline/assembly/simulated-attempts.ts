import { invariant } from "../../engine/index.ts";
import type { OperatorAction } from "../../faults/index.ts";
import {
  type CheckpointDriver,
  type CompletedCheckpoint,
  checkpointCoordinator,
  type FailureReason,
  type JobDeployment,
  type JobMaster,
  type LatencySamples,
  latestCheckpoint,
  type OperatorTask,
  type PlannedTask,
  type RestoreCost,
  type TaskMetrics,
} from "../../flink/index.ts";
import { vertexNamed } from "../job-graph.ts";
import type { JobSpec } from "../pipeline.ts";
import { rescaledJob } from "../rescaling.ts";
import { gaugesOf, lagsOf, latenciesOf, type SourceLag } from "./attempt-gauges.ts";
import { type DeployedSubtasks, deployedSubtasks } from "./deployed-subtasks.ts";
import { EndingTasks } from "./ending-tasks.ts";
import { leaveChannels } from "./job-channels.ts";
import type { RestoredSubtask, TaskAttempt } from "./job-subtask.ts";
import type { JobSurroundings } from "./job-surroundings.ts";
import { KeptByCheckpoint } from "./kept-by-checkpoint.ts";
import { costOf, restoreTime } from "./restore-time.ts";
import { JobBuilder } from "./simulated-job.ts";
import { rescaledSinkStates, type StatesOfSinks } from "./sink-states.ts";
import { Slowdowns } from "./slowdowns.ts";

/** Of a zombie, which is no subtask's attempt any more. */
const NO_SUBTASK = -1;

/** The tasks of one job as its JobMaster deploys, restores and ends them, attempt after attempt. Here subtasks have the numbers of
 *  the job at its widest; its JobMaster counts those that it has at its parallelism. */
export class SimulatedAttempts implements JobDeployment {
  #deployed: DeployedSubtasks;
  /** By subtask: since when its attempt has been initialising, or was last, and how long that took it, ns. */
  readonly #initialisingSince: number[] = [];
  readonly #initialisationTime: number[] = [];
  #job: JobSpec;
  readonly #number: number;
  readonly #world: JobSurroundings;
  readonly #builder: JobBuilder;
  /** Those whose threads have not ended yet. */
  readonly ending: EndingTasks;
  #coordinator: CheckpointDriver | undefined;
  /** per subtask: its current attempt, once it is built. */
  readonly #attempts: (TaskAttempt | undefined)[];
  /** per subtask: its last attempt's task, if that has ended by itself. */
  readonly #finished: (number | undefined)[];
  /** Subtasks that have handed on everything, as the JobMaster knows. */
  readonly #endedData = new Set<number>();
  /** Attempts that were given up while their process stood still, and don't know it. */
  #zombies: TaskAttempt[] = [];
  /** per subtask: what its next attempt starts from. */
  readonly #restored: (RestoredSubtask | undefined)[];
  readonly #sinkStates: KeptByCheckpoint<StatesOfSinks>;
  /** The TaskManager that has a copy of the keyed state in a snapshot that it took.
   *  Source: flink TaskLocalStateStoreImpl, PrioritizedOperatorSubtaskState. */
  readonly #localCopies = new KeptByCheckpoint<number>(true);
  readonly #slowdowns = new Slowdowns();
  #checkpoint: CompletedCheckpoint | undefined;
  /** The last checkpoint id that was given away before the job was submitted. */
  #latestId = 0;
  #master: JobMaster | undefined;

  constructor(job: JobSpec, world: JobSurroundings) {
    this.#job = job;
    this.#world = world;
    this.#number = world.pipeline.jobs.indexOf(job);
    this.#builder = new JobBuilder(job, world);
    // Somebody may submit it again from a checkpoint that is long past.
    const isOperated = world.pipeline.faults.some(
      ({ action }) => action.kind === "operate" && action.job === job.name,
    );
    this.#sinkStates = new KeptByCheckpoint(!isOperated);
    const { subtasks } = this.#builder;
    this.#attempts = subtasks.map(() => undefined);
    this.#finished = subtasks.map(() => undefined);
    this.#restored = subtasks.map(() => undefined);
    this.ending = new EndingTasks(
      world.sim,
      world.events.endingTaskKinds,
      {
        job: this.#number,
        timeout: world.pipeline.flink.taskCancellationTimeout,
        cancellation: world.pipeline.environment.taskCancellation,
      },
      {
        frozenUntil: (taskManager) => world.events.cluster!.frozenUntil(taskManager),
        failFatally: (taskManager) => world.events.cluster!.failFatally(taskManager),
      },
    );
    this.#deployed = this.#connect();
    const { checkpoints } = this.#builder;
    this.#coordinator = checkpoints.makeCoordinator(() => this.#listTasks());
    // Not assigned as they are written: V8 makes such a function old, and a whole world with it (docs/performance.md).
    const onAcknowledged: JobBuilder["checkpoints"]["onAcknowledged"] = (...one) =>
      this.#onAcknowledged(...one);
    const onStopped: JobBuilder["onStopped"] = (...one) => this.#onStopped(...one);
    const onEndOfData: JobBuilder["onEndOfData"] = (...one) => this.#onEndOfData(...one);
    const onFinished: JobBuilder["onFinished"] = (...one) => this.#onFinished(...one);
    const onException: JobBuilder["onException"] = (...one) => this.#onException(...one);
    checkpoints.onAcknowledged = onAcknowledged;
    this.#builder.onStopped = onStopped;
    this.#builder.onException = onException;
    this.#builder.onEndOfData = onEndOfData;
    this.#builder.onFinished = onFinished;
  }

  #connect(): DeployedSubtasks {
    const builder = this.#builder;
    return deployedSubtasks(builder.subtasks, (subtask) => builder.has(subtask), builder.edges());
  }

  get regionOf(): readonly number[] {
    return this.#deployed.regionOf;
  }

  get slotOf(): readonly number[] {
    return this.#deployed.slotOf;
  }

  /** Tells who deploys. */
  belongTo(master: JobMaster): void {
    this.#master = master;
    const onJobFailure = (): void => master.onGlobalFailure("checkpoint failures");
    const onSavepointOfCancel = (): void => master.cancel();
    if (this.#coordinator === undefined) return;
    this.#coordinator.onJobFailure = onJobFailure;
    this.#coordinator.onSavepointOfCancel = onSavepointOfCancel;
  }

  /** The JobManager's process is gone, and the checkpoint coordinator with it. */
  loseCoordinator(): void {
    this.#coordinator?.dispose();
  }

  savepoint(): void {
    this.#coordinator?.savepoint();
  }

  stopWithSavepoint(drain: boolean): void {
    this.#coordinator?.stopWithSavepoint(drain);
  }

  cancelWithSavepoint(): void {
    this.#coordinator?.cancelWithSavepoint();
  }

  /** Whether the job is to end with a savepoint that has not failed. */
  get isStopping(): boolean {
    return this.#coordinator?.isStopping ?? false;
  }

  /** Its source comes to an end, and the job hasn't ended yet. */
  get isToFinish(): boolean {
    const master = this.#master!;
    const isUnderWay = master.status === "RUNNING" || master.status === "RESTARTING";
    return isUnderWay && !master.isDisposed && this.#builder.isToEnd;
  }

  get hasStopped(): boolean {
    return this.#coordinator?.hasStopped ?? false;
  }

  /** The job, which has ended, is about to be submitted again. Its checkpoints' ids go on where they were.
   *  @returns false: there is no savepoint to start from. */
  prepareSubmission({
    from,
    checkpoint,
    parallelism,
    transactionalIdPrefix,
  }: OperatorAction & { readonly kind: "restart" }): boolean {
    if (this.#coordinator === undefined) {
      if (from === "savepoint") return false;
      if (parallelism !== undefined) this.#rescale(parallelism);
      return true;
    }
    const { nextId, store, savepoint } = this.#coordinator.state;
    const start =
      from === "savepoint" ? savepoint : from === "latest" ? store.retained.at(-1 - checkpoint) : undefined;
    if (from === "savepoint" && start === undefined) return false;
    if (transactionalIdPrefix !== undefined) {
      const sinks = this.#job.sinks.map((sink) => ({ ...sink, transactionalIdPrefix }));
      this.#job = { ...this.#job, sinks };
      this.#builder.change(this.#job);
    }
    if (parallelism !== undefined) this.#rescale(parallelism);
    // They are another job's, to the TaskManagers.
    this.#localCopies.clear();
    this.#latestId = nextId - 1;
    const state = {
      ...checkpointCoordinator(),
      nextId,
      store: { retained: start ? [start] : [] },
      savepoint,
    };
    this.#coordinator = this.#builder.checkpoints.makeCoordinator(() => this.#listTasks(), state);
    return true;
  }

  /** The job gets another parallelism. */
  #rescale(parallelism: number): void {
    const { observer, sim } = this.#world;
    this.#job = rescaledJob(this.#job, parallelism);
    this.#builder.change(this.#job);
    this.#deployed = this.#connect();
    // What stood still and wasn't told is a zombie of nobody now.
    this.#attempts.forEach((_, subtask) => {
      if (this.#deployed.numberOf[subtask]! < 0) this.#leave(subtask);
    });
    const parallelisms = this.#builder.vertices.map((vertex) => vertex.parallelism);
    observer.jobRescaled?.(this.#number, parallelisms, sim.now);
  }

  #onStopped(subtask: number, task: number, isCompleted: boolean): void {
    if (this.#attempts[subtask]?.task !== task) return;
    const { sim, events } = this.#world;
    const number = this.#deployed.numberOf[subtask]!;
    const attempt = this.#master!.attemptOf(number);
    if (!isCompleted) events.throwIn(this.#number, number, attempt, "stop-with-savepoint failed");
    else sim.scheduleAfter(0, events.taskFinished, events.executionOf(this.#number, number), attempt);
  }

  /** A task has handed on everything, and tells the JobMaster. */
  #onEndOfData(subtask: number, task: number): void {
    if (this.#attempts[subtask]?.task !== task) return;
    const { sim, events, pipeline } = this.#world;
    const number = this.#deployed.numberOf[subtask]!;
    const execution = events.executionOf(this.#number, number);
    const { flinkRpc } = pipeline.environment;
    sim.scheduleAfter(flinkRpc, events.endOfData, execution, this.#master!.attemptOf(number));
  }

  /** Handler of `endOfData`. */
  onEndOfData(number: number, attempt: number): void {
    if (!this.#master!.isAlive(number, attempt)) return;
    this.#endedData.add(this.#deployed.subtasks[number]!);
    if (this.#endedData.size < this.#deployed.subtasks.length) return;
    const { observer, sim } = this.#world;
    observer.inputEnded?.(this.#number, sim.now);
    this.#coordinator?.endOfData();
  }

  /** A task has nothing more to do. */
  #onFinished(subtask: number, task: number): void {
    if (this.#attempts[subtask]?.task !== task) return;
    const { sim, events } = this.#world;
    const number = this.#deployed.numberOf[subtask]!;
    const execution = events.executionOf(this.#number, number);
    this.#finished[subtask] = task;
    sim.scheduleAfter(0, events.taskFinished, execution, this.#master!.attemptOf(number));
  }

  /** Handler of `taskFinished`. */
  onTaskFinished(number: number, attempt: number): void {
    const { sim, events, pipeline } = this.#world;
    if (!this.#master!.isAlive(number, attempt)) return;
    const subtask = this.#deployed.subtasks[number]!;
    const task = this.#finished[subtask];
    if (task !== undefined) events.finished.add(task);
    this.#end(subtask, true);
    const execution = events.executionOf(this.#number, number);
    sim.scheduleAfter(pipeline.environment.flinkRpc, events.finishReported, execution, attempt);
  }

  /** Another coordinator goes on with the completed checkpoints of the last one, and with ids behind its. */
  recoverCoordinator(): void {
    if (this.#coordinator === undefined) return;
    // The slots they were for are given back meanwhile.
    this.#localCopies.clear();
    const { nextId, store, savepoint } = this.#coordinator.state;
    const state = { ...checkpointCoordinator(), nextId, store, savepoint };
    this.#coordinator = this.#builder.checkpoints.makeCoordinator(() => this.#listTasks(), state);
  }

  #listTasks(): readonly PlannedTask[] {
    const taskOf = (subtask: number): number => this.#taskOf(subtask) ?? -1 - subtask;
    return this.#deployed.subtasks.map((subtask, number) => ({
      number: taskOf(subtask),
      state: this.#stateOf(subtask, number),
      inputs: this.#deployed.inputsOf[subtask]!.map(taskOf),
    }));
  }

  #stateOf(subtask: number, number: number): PlannedTask["state"] {
    if (this.#master!.hasFinished(number)) return "FINISHED";
    return this.#taskOf(subtask) !== undefined && this.#master!.isRunning(number) ? "RUNNING" : "DEPLOYING";
  }

  /** The task of a subtask's current attempt, also once it has ended by itself. */
  #taskOf(subtask: number): number | undefined {
    return this.#attempts[subtask]?.task ?? this.#finished[subtask];
  }

  /** What the gauges and counters of each vertex's subtasks show now; null: no attempt is there. */
  metrics(): readonly (readonly (TaskMetrics | null)[])[] {
    const { vertices, subtasks } = this.#builder;
    return gaugesOf(this.#attempts, subtasks, vertices.length, this.#initialisationTime, this.#world);
  }

  /** What the operators of all tasks have kept of latency markers. */
  latencies(): readonly LatencySamples[] {
    return latenciesOf(this.#attempts, this.#world);
  }

  /** How far each source subtask is behind now; null: it has no attempt. */
  lags(): readonly (SourceLag | null)[] {
    return lagsOf(this.#attempts, this.#builder.subtasks, this.#world);
  }

  /** A source subtask waits for a record, and all windows of the job for its watermark: it was restored behind the load's last
   *  record. */
  holdsWatermarkUp(): boolean {
    const { sim, events } = this.#world;
    return this.#attempts.some((attempt) => events.sources[attempt?.task ?? -1]?.holdsWatermarkUp(sim.now));
  }

  /** The subtask that runs as this task of the world, or -1. */
  subtaskOfTask(task: number): number {
    return this.#attempts.findIndex((attempt) => attempt?.task === task);
  }

  /** A subtask throws, by the names in a fault: of the vertex or of one of its operators; without them the last vertex, its
   *  first subtask. One that isn't there is spared. */
  fail(vertex: string | undefined, subtask: number | undefined): void {
    const { vertices, subtasks } = this.#builder;
    const master = this.#master!;
    const of = vertex === undefined ? vertices.length - 1 : vertexNamed(this.#builder.vertices, vertex);
    const hit = subtasks.findIndex((one) => one.vertex === of && one.index === (subtask ?? 0));
    const number = this.#deployed.numberOf[hit] ?? -1;
    if (number >= 0) master.onTaskException(number, master.attemptOf(number), "user exception");
  }

  /** An operator or a sink throws in the middle of what its task does: the task ends when that is done. */
  #onException(subtask: number, task: number, reason: FailureReason): void {
    if (this.#attempts[subtask]?.task !== task) return;
    const number = this.#deployed.numberOf[subtask]!;
    this.#world.events.throwIn(this.#number, number, this.#master!.attemptOf(number), reason);
  }

  /** Subtasks take `factor` times as long for a record until `until`, ns, whatever their attempt.
   *  @param vertex undefined: of all vertices. @param subtask undefined: all of the vertex. */
  slowDown(vertex: string | undefined, subtask: number | undefined, factor: number, until: number): void {
    const { sim, events } = this.#world;
    const number = vertex === undefined ? -1 : vertexNamed(this.#builder.vertices, vertex);
    this.#builder.subtasks.forEach((one, i) => {
      const isHit = (number < 0 || one.vertex === number) && (subtask === undefined || one.index === subtask);
      if (isHit) this.#slowdowns.add(i, factor, until);
    });
    sim.scheduleAt(until, events.slownessOver, this.#number, 0);
    this.settleSlowness();
  }

  /** Handler of `slownessOver`. */
  settleSlowness(): void {
    const { sim, events } = this.#world;
    const { slowness } = this.#builder;
    for (const [subtask, ratio] of this.#slowdowns.settle(slowness, sim.now)) {
      this.ending.stretch(subtask, ratio);
      const { task = -1 } = this.#attempts[subtask] ?? {};
      events.sources[task]?.slowDown(slowness[subtask]!);
      events.operators[task]?.stretchService(ratio);
    }
  }

  #onAcknowledged(task: number, checkpoint: number): void {
    const subtask = this.subtaskOfTask(task);
    this.#keepSinkStates(subtask, checkpoint);
    const attempt = this.#attempts[subtask];
    const { state, checkpointing } = this.#job;
    // Copies of unaligned checkpoints aren't kept.
    if (attempt === undefined || !state.localBackup || checkpointing.unaligned) return;
    this.#localCopies.keep(checkpoint, subtask, attempt.taskManager);
  }

  /** Whether the process that the subtask is in has a copy of what it starts from. */
  #isLocal(subtask: number, { checkpoint, rescaled }: RestoredSubtask): boolean {
    if (!this.#job.state.fromLocal || rescaled !== undefined) return false;
    return this.#localCopies.of(checkpoint)?.get(subtask) === this.#placeOf(subtask);
  }

  #keepSinkStates(subtask: number, checkpoint: number): void {
    const sinks = this.#attempts[subtask]?.sinks ?? [];
    if (sinks.length === 0) return;
    const states = sinks.map(({ sink }) => sink.states.get(checkpoint));
    this.#sinkStates.keep(checkpoint, subtask, states);
  }

  // ---- JobDeployment

  restore(numbers: readonly number[], everything: boolean): void {
    const { sim, observer } = this.#world;
    this.#checkpoint = this.#coordinator && latestCheckpoint(this.#coordinator.state.store);
    if (this.#checkpoint === undefined && everything) this.#builder.findStoppingOffsets();
    const held = this.#checkpoint && this.#builder.restored(this.#checkpoint);
    for (const number of numbers) {
      const subtask = this.#deployed.subtasks[number]!;
      this.#leave(subtask);
      this.#finished[subtask] = undefined;
      this.#endedData.delete(subtask);
      this.#restored[subtask] = held?.get(subtask);
    }
    if (sim.now > 0) observer.jobRestored(this.#number, this.#checkpoint?.id ?? 0, sim.now);
  }

  initialise(number: number, attempt: number): void {
    const subtask = this.#deployed.subtasks[number]!;
    if (this.#attempts[subtask] === undefined) this.#build();
    const { sim, events } = this.#world;
    const execution = events.executionOf(this.#number, number);
    const cost = this.#restoreCost(subtask);
    this.#initialisingSince[subtask] = sim.now;
    sim.scheduleAfter(restoreTime(cost, this.#job, this.#world), events.taskRestored, execution, attempt);
  }

  /** Handler of `taskRestored`: the state is there; the operators are opened, the last of the chain first. */
  onTaskRestored(number: number, attempt: number): void {
    const master = this.#master!;
    const subtask = this.#deployed.subtasks[number]!;
    const current = this.#attempts[subtask];
    if (!master.isAlive(number, attempt) || current === undefined) return;
    if (this.#world.events.store.isUnavailable && this.#restoreCost(subtask) !== undefined) {
      master.onTaskException(number, attempt, "restore failed");
      return;
    }
    const states = this.#sinkStatesOf(subtask);
    const openFrom = (i: number): void => {
      if (this.#attempts[subtask] !== current) return;
      if (i < 0) master.onInitialised(number, attempt);
      else current.sinks[i]!.sink.open(states?.[i], () => openFrom(i - 1), this.#latestId);
    };
    openFrom(current.sinks.length - 1);
  }

  /** What each sink of a subtask starts from. */
  #sinkStatesOf(subtask: number): StatesOfSinks | undefined {
    const { vertex, index } = this.#builder.subtasks[subtask]!;
    const { sinks, parallelism } = this.#builder.vertices[vertex]!;
    const restored = this.#restored[subtask];
    const held = restored && this.#sinkStates.of(restored.checkpoint);
    if (restored?.rescaled === undefined || held === undefined) return held?.get(subtask);
    return rescaledSinkStates(
      held,
      restored.checkpoint,
      restored.rescaled.subtasks,
      sinks.length,
      index,
      parallelism,
    );
  }

  start(number: number): void {
    const subtask = this.#deployed.subtasks[number]!;
    this.#initialisationTime[subtask] = this.#world.sim.now - this.#initialisingSince[subtask]!;
    this.#start(subtask);
  }

  #start(subtask: number): void {
    const attempt = this.#attempts[subtask]!;
    const { sources, operators } = this.#world.events;
    operators[attempt.task]?.start(attempt.inputs, attempt.outputs);
    sources[attempt.task]?.start(attempt.outputs);
  }

  startAll(): void {
    this.#build();
    // Those that read are there before anything is written; within a vertex in order.
    for (let vertex = this.#builder.vertices.length - 1; vertex >= 0; vertex--) {
      this.#builder.subtasks.forEach((one, subtask) => {
        if (one.vertex === vertex && this.#deployed.numberOf[subtask]! >= 0) this.#start(subtask);
      });
    }
    this.#coordinator?.start();
  }

  close(number: number, _attempt: number, whenEnded: () => void): void {
    const subtask = this.#deployed.subtasks[number]!;
    this.#end(subtask, true);
    this.ending.whenEnded(subtask, whenEnded);
  }

  cancel(number: number, _attempt: number, whenEnded: () => void): void {
    const subtask = this.#deployed.subtasks[number]!;
    this.#end(subtask, true);
    this.ending.watch(subtask);
    this.ending.whenEnded(subtask, whenEnded);
  }

  startCheckpoints(): void {
    if (this.#world.sim.now > 0) this.#coordinator?.start();
  }

  stopCheckpoints(): void {
    this.#coordinator?.stop();
  }

  /** Ends every task in a process. */
  endProcess(taskManager: number, inGoodOrder: boolean): void {
    this.#attempts.forEach((attempt, subtask) => {
      if (attempt?.taskManager !== taskManager) return;
      this.#end(subtask, inGoodOrder);
      this.ending.watch(subtask);
    });
    if (!inGoodOrder) this.ending.kill(taskManager);
    const zombies = this.#zombies.filter((attempt) => attempt.taskManager === taskManager);
    if (zombies.length === 0) return;
    this.#zombies = this.#zombies.filter((attempt) => !zombies.includes(attempt));
    for (const zombie of zombies) this.#endAttempt(zombie, inGoodOrder, NO_SUBTASK);
  }

  /** Every task in a process stands still. */
  freezeProcess(taskManager: number): void {
    this.#tasksIn(taskManager).forEach((task) => {
      task.freeze();
    });
  }

  /** Every task in a process goes on where it was. */
  thawProcess(taskManager: number): void {
    this.#tasksIn(taskManager).forEach((task) => {
      task.thaw();
    });
  }

  #tasksIn(taskManager: number): readonly { freeze(): void; thaw(): void }[] {
    const { sources, operators } = this.#world.events;
    return [...this.#attempts, ...this.#zombies].flatMap((attempt) => {
      const task =
        attempt?.taskManager === taskManager ? (sources[attempt.task] ?? operators[attempt.task]) : undefined;
      return task === undefined ? [] : [task];
    });
  }

  /** A subtask that runs in another process than this one, which it has a connection to, by its number at the JobMaster; -1:
   *  none. */
  peerOf(taskManager: number): number {
    const isLost = (subtask: number): boolean => this.#placeOf(subtask) === taskManager;
    return this.#deployed.subtasks.findIndex((subtask) => {
      if (isLost(subtask) || this.#attempts[subtask] === undefined) return false;
      const others = [...this.#deployed.inputsOf[subtask]!, ...this.#deployed.outputsOf[subtask]!];
      return others.some(
        (other) =>
          isLost(other) && this.#attempts[other] === undefined && this.#finished[other] === undefined,
      );
    });
  }

  /** The TaskManager that a subtask was sent to; -1: none. */
  #placeOf(subtask: number): number {
    const number = this.#deployed.numberOf[subtask]!;
    return number < 0 ? -1 : this.#master!.placeOf(number);
  }

  // ---- inside

  /** Builds the attempts of all subtasks that have none and were given a place. */
  #build(): void {
    const missing = this.#deployed.subtasks.filter(
      (subtask) => this.#attempts[subtask] === undefined && this.#placeOf(subtask) >= 0,
    );
    const made = this.#builder.make(
      missing,
      (subtask) => this.#placeOf(subtask),
      (subtask) => this.#restored[subtask],
    );
    for (const [subtask, attempt] of made) this.#attempts[subtask] = attempt;
  }

  /** A subtask gets a new attempt. The old one is over, unless its process only stands still: then it lives on as a zombie until
   *  that is told. */
  #leave(subtask: number): void {
    const attempt = this.#attempts[subtask];
    if (attempt === undefined) return;
    const { sim, events } = this.#world;
    const { taskManager } = attempt;
    const cluster = events.cluster!;
    if (cluster.isReachable(taskManager) && cluster.frozenUntil(taskManager) > sim.now) {
      this.#zombies.push(attempt);
      this.#attempts[subtask] = undefined;
    } else this.#end(subtask, false);
  }

  #end(subtask: number, inGoodOrder: boolean): void {
    const attempt = this.#attempts[subtask];
    this.#attempts[subtask] = undefined;
    if (attempt !== undefined) this.#endAttempt(attempt, inGoodOrder, subtask);
  }

  #endAttempt(attempt: TaskAttempt, inGoodOrder: boolean, subtask: number): void {
    const { events } = this.#world;
    const { sources, operators, channels } = events;
    const operator = operators[attempt.task];
    const busyUntil = operator === undefined ? 0 : this.#busyUntil(operator, subtask);
    operator?.dispose();
    sources[attempt.task]?.dispose();
    for (const { sink, topic } of attempt.sinks) {
      if (operator !== undefined) topic.detach(operator);
      if (!inGoodOrder) sink.kill();
    }
    if (inGoodOrder) this.ending.begin(subtask, attempt, busyUntil);
    leaveChannels(attempt, channels);
    operators[attempt.task] = undefined;
    sources[attempt.task] = undefined;
  }

  /** ns, until when a thread doesn't heed interrupts. */
  #busyUntil(operator: OperatorTask, subtask: number): number {
    const { now } = this.#world.sim;
    const record = this.#builder.isInterruptible(subtask) ? now : operator.recordDoneAt(now);
    return Math.max(record, operator.snapshots.syncEndsAt);
  }

  /** What the subtask has to read; undefined: nothing. */
  #restoreCost(subtask: number): RestoreCost | undefined {
    const restored = this.#restored[subtask];
    if (restored === undefined || this.#isLocal(subtask, restored)) return undefined;
    invariant(this.#checkpoint !== undefined, "a state is restored from a checkpoint");
    return costOf(restored, this.#checkpoint, this.#job);
  }
}
