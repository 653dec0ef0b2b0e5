import type { Fault, OperatorAction } from "../../faults/index.ts";
import type { JobMaster } from "../../flink/index.ts";
import { makeJobMaster } from "./job-masters.ts";
import type { JobSurroundings } from "./job-surroundings.ts";

type Restart = OperatorAction & { readonly kind: "restart" };

/** A job that is to be submitted again once it has ended. */
export interface Submission {
  readonly fault: Fault;
  readonly restart: Restart;
  /** The job was asked to end. */
  isEnding: boolean;
}

/** ns between two looks of the client at the job's status. */
const POLL = 100e6;

/** What somebody does to a job from outside. */
export function operate(fault: Fault, job: number, action: OperatorAction, world: JobSurroundings): void {
  const { events } = world;
  const master = events.masters[job]!;
  const attempts = events.attempts[job]!;
  // Nobody is there to be asked.
  if (action.kind !== "restart" && hasEnded(master)) return;
  switch (action.kind) {
    case "cancel":
      master.cancel();
      return;
    case "savepoint":
      attempts.savepoint();
      return;
    case "cancel-with-savepoint":
      if (master.allRunning) attempts.cancelWithSavepoint();
      return;
    case "stop-with-savepoint":
      if (master.allRunning) attempts.stopWithSavepoint(action.drain);
      return;
    case "restart":
      events.submissions[job] = { fault, restart: action, isEnding: false };
      advanceSubmission(job, world);
      return;
  }
}

function hasEnded({ isDisposed, status }: JobMaster): boolean {
  return isDisposed || ["CANCELED", "FAILED", "FINISHED"].includes(status);
}

/** Ends the job, or looks whether it has ended, and submits it again. */
export function advanceSubmission(job: number, world: JobSurroundings): void {
  const { sim, events, observer } = world;
  const submission = events.submissions[job];
  if (submission === undefined) return;
  const master = events.masters[job]!;
  const attempts = events.attempts[job]!;
  const { fault, restart } = submission;
  const isThere = events.cluster!.hasJobManager;
  if (isThere && hasEnded(master)) {
    events.submissions[job] = undefined;
    if (!attempts.prepareSubmission(restart)) {
      observer.faultInjected(`${fault.name}: not submitted, since there is no savepoint`, sim.now, sim.now);
      return;
    }
    makeJobMaster(job, world).start(false);
    return;
  }
  if (isThere && !submission.isEnding) {
    if (restart.from !== "savepoint") {
      submission.isEnding = true;
      master.cancel();
    } else if (master.allRunning) {
      submission.isEnding = true;
      attempts.stopWithSavepoint(false);
    }
  } else if (isThere && restart.from === "savepoint" && !attempts.isStopping) submission.isEnding = false;
  sim.scheduleAfter(POLL, events.submissionDue, job, 0);
}
