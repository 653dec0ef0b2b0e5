/** Models: the end of tasks that are closed in good order: a thread comes to the end of what no interrupt ends (the record in
 *    hand, the synchronous part of a snapshot), then its sinks abort their transactions, one after the other. Where a cancelled
 *    task isn't over within task.cancellation.timeout, its process ends by a fatal error.
 *  Source: flink Task (TaskCanceler, TaskCancelerWatchDog), StreamTask.cleanUp (interrupts are off while operators close);
 *    flink-connector-kafka ExactlyOnceKafkaWriter.close (Flink 2.1).
 *  Leaves out: interrupts behind the first, which here end nothing that it hasn't; sources, which close at once; the threads
 *    of a store's client. */

import { NO_EVENT, type Simulation } from "../../engine/index.ts";
import type { TaskAttempt } from "./job-subtask.ts";

/** Event kinds; payload a = job, b = number of the ending. */
export interface EndingTaskKinds {
  /** The thread has come to the end of what it couldn't be interrupted in. */
  readonly threadFree: number;
  readonly cancellationTimedOut: number;
}

export interface EndingTaskSettings {
  readonly job: number;
  /** task.cancellation.timeout, ns; 0: no watchdog. */
  readonly timeout: number;
  /** What ends within it holds nothing up, ns. */
  readonly cancellation: number;
}

/** The process of a task, as far as its end goes. */
export interface ProcessOfTask {
  /** ns; it stands still before that. */
  frozenUntil(taskManager: number): number;
  failFatally(taskManager: number): void;
}

/** A task whose thread has not ended yet. */
interface Ending {
  readonly number: number;
  readonly subtask: number;
  readonly attempt: TaskAttempt;
  readonly whenEnded: (() => void)[];
  watchdog: number;
  freeAt: number;
  /** The thread is in the middle of a record. */
  threadFree: number;
}

export class EndingTasks {
  readonly #sim: Simulation;
  readonly #kinds: EndingTaskKinds;
  readonly #settings: EndingTaskSettings;
  readonly #host: ProcessOfTask;
  readonly #endings = new Map<number, Ending>();
  #next = 0;

  constructor(sim: Simulation, kinds: EndingTaskKinds, settings: EndingTaskSettings, host: ProcessOfTask) {
    this.#sim = sim;
    this.#kinds = kinds;
    this.#settings = settings;
    this.#host = host;
  }

  /** The task of a subtask is to end. @param busyUntil ns, until when its thread can't be interrupted. */
  begin(subtask: number, attempt: TaskAttempt, busyUntil: number): void {
    const { now } = this.#sim;
    const number = this.#next++;
    const ending: Ending = {
      number,
      subtask,
      attempt,
      whenEnded: [],
      watchdog: NO_EVENT,
      freeAt: busyUntil,
      threadFree: NO_EVENT,
    };
    this.#endings.set(number, ending);
    if (busyUntil - now <= this.#settings.cancellation) this.#closeSinks(ending, 0);
    else this.#waitForThread(ending, busyUntil);
  }

  /** Calls `then` when no task of the subtask is ending: now, or later; never, if its process ends before. */
  whenEnded(subtask: number, then: () => void): void {
    const ending = this.#of(subtask);
    if (ending === undefined) then();
    else ending.whenEnded.push(then);
  }

  /** Somebody cancels the task of the subtask: its watchdog runs from now on. */
  watch(subtask: number): void {
    const ending = this.#of(subtask);
    if (ending === undefined) return;
    const { timeout } = this.#settings;
    if (timeout > 0 && ending.watchdog === NO_EVENT) this.#arm(ending, this.#sim.now + timeout);
  }

  /** The process is gone, and the threads with it. */
  kill(taskManager: number): void {
    for (const ending of this.#endings.values()) {
      if (ending.attempt.taskManager !== taskManager) continue;
      this.#forget(ending);
      for (const { sink } of ending.attempt.sinks) sink.kill();
    }
  }

  /** What is left of a record in hand takes `ratio` times as long. */
  stretch(subtask: number, ratio: number): void {
    const ending = this.#of(subtask);
    if (ending === undefined || ending.threadFree === NO_EVENT) return;
    const { now } = this.#sim;
    this.#sim.cancel(ending.threadFree);
    this.#waitForThread(ending, now + Math.round((ending.freeAt - now) * ratio));
  }

  /** Handler of `threadFree`. */
  onThreadFree(number: number): void {
    const ending = this.#endings.get(number);
    if (ending === undefined) return;
    ending.threadFree = NO_EVENT;
    const thaw = this.#host.frozenUntil(ending.attempt.taskManager);
    if (thaw > this.#sim.now) this.#waitForThread(ending, thaw);
    else this.#closeSinks(ending, 0);
  }

  /** Handler of `cancellationTimedOut`. */
  onCancellationTimedOut(number: number): void {
    const ending = this.#endings.get(number);
    if (ending === undefined) return;
    const { taskManager } = ending.attempt;
    const thaw = this.#host.frozenUntil(taskManager);
    if (thaw > this.#sim.now) this.#arm(ending, thaw);
    else this.#host.failFatally(taskManager);
  }

  #of(subtask: number): Ending | undefined {
    for (const ending of this.#endings.values()) if (ending.subtask === subtask) return ending;
    return undefined;
  }

  #arm(ending: Ending, at: number): void {
    const { job } = this.#settings;
    ending.watchdog = this.#sim.scheduleAt(at, this.#kinds.cancellationTimedOut, job, ending.number);
  }

  #waitForThread(ending: Ending, freeAt: number): void {
    ending.freeAt = freeAt;
    const { job } = this.#settings;
    const at = Math.min(freeAt, Number.MAX_SAFE_INTEGER);
    ending.threadFree = this.#sim.scheduleAt(at, this.#kinds.threadFree, job, ending.number);
  }

  #closeSinks(ending: Ending, first: number): void {
    const sink = ending.attempt.sinks[first]?.sink;
    if (sink !== undefined) {
      sink.close(() => this.#closeSinks(ending, first + 1));
      return;
    }
    this.#forget(ending);
    for (const then of ending.whenEnded) then();
  }

  #forget(ending: Ending): void {
    this.#sim.cancel(ending.watchdog);
    this.#sim.cancel(ending.threadFree);
    this.#endings.delete(ending.number);
  }
}
