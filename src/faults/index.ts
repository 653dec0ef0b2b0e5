export { FaultInjector, type FaultPerformer } from "./fault-injector.ts";
export {
  type Fault,
  type FaultAction,
  type FaultPlan,
  type FaultTime,
  hitsBrokers,
  LINK_ENDS,
  type LinkEnd,
  type LinkTarget,
  type MessageKind,
  MOMENTS,
  type Moment,
  type OperatorAction,
  type ProcessTarget,
  type StorageFault,
  type TaskTarget,
} from "./fault-plan.ts";
