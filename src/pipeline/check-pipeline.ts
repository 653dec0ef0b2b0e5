import { checkClientNames } from "./checks/check-client-names.ts";
import type { CheckContext } from "./checks/check-context.ts";
import { checkEnvironment } from "./checks/check-environment.ts";
import { checkFaults } from "./checks/check-faults.ts";
import { checkIgnored } from "./checks/check-ignored.ts";
import { checkJobs } from "./checks/check-jobs.ts";
import { checkProducers } from "./checks/check-producers.ts";
import { checkState } from "./checks/check-state.ts";
import { checkTopics } from "./checks/check-topics.ts";

/** Everything that can only be seen across keys: names that lead nowhere, limits of one system that another exceeds. */
export function checkPipeline(context: CheckContext): void {
  checkEnvironment(context);
  checkTopics(context);
  checkJobs(context);
  checkState(context);
  checkProducers(context);
  checkClientNames(context);
  checkFaults(context);
  checkIgnored(context);
}
