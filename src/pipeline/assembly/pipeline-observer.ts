import type { ConnectorObserver } from "../../connectors/index.ts";
import type { FailoverObserver, FlinkObserver } from "../../flink/index.ts";
import type { BrokerObserver, KafkaObserver } from "../../kafka/index.ts";

/** A fault of the plan happens: in words, at an instant, ns; what it does is over at `until`, as far as that is known. */
interface FaultObserver {
  faultInjected(fault: string, at: number, until: number): void;
}

export type PipelineObserver = KafkaObserver &
  BrokerObserver &
  FlinkObserver &
  FailoverObserver &
  ConnectorObserver &
  FaultObserver;
