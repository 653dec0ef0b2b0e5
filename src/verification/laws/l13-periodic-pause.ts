import { scenario } from "../scenario.ts";
import { observeDeliveries } from "./delivery-times.ts";
import { exactRow, type Law, type LawRow, observations } from "./law.ts";

const SECOND = 1e9;
const UNCOMMITTED = 1;

interface Setup {
  /** records a second; ms a record; ms; s. */
  readonly rate: number;
  readonly service: number;
  readonly pause: number;
  readonly interval: number;
}

/** One subtask behind the exchange, evenly spaced records that are flushed one by one, and a sink without a guarantee, so
 *  that the synchronous part is all that a checkpoint stops. */
function pipelineOf({ rate, service, interval }: Setup, pauseMs: number) {
  return scenario(
    "jobs.job.config.parallelism.default=1",
    "flink.taskmanagers=1",
    "kafka.topics.in.partitions=1",
    "kafka.topics.out.partitions=1",
    "sink.delivery-guarantee=none",
    "execution.buffer-timeout.interval=0 ms",
    `producers.load.rate=${rate}/s`,
    `jobs.job.operators.process.service-time=${service} ms`,
    `execution.checkpointing.interval=${interval} s`,
    `environment.snapshot.sync=${pauseMs} ms`,
  );
}

/** The latencies of whole periods, ns, ascending. */
function latenciesOf(setup: Setup, pauseMs: number, periods: number): Float64Array {
  const from = 2 * setup.interval * SECOND;
  const until = from + periods * setup.interval * SECOND;
  const end = until + 2 * setup.interval * SECOND;
  const times = observeDeliveries(pipelineOf(setup, pauseMs), { seed: "1", loadEnd: end, end });
  return times.latencies(UNCOMMITTED, from, until);
}

const meanOf = (values: Float64Array): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function compare(setup: Setup, periods: number): LawRow[] {
  const without = latenciesOf(setup, 0, periods);
  const paused = latenciesOf(setup, setup.pause * 1000, periods);
  const rho = (setup.rate * setup.service) / 1000;
  const { pause: s, interval: period } = setup;
  // A record that arrives while nothing is in its way takes the same time in both runs.
  const undisturbed = without[without.length - 1]!;
  const delayed = paused.reduce((count, latency) => count + (latency > undisturbed + 1e6 ? 1 : 0), 0);
  const where = `lambda ${setup.rate}/s, mu ${1000 / setup.service}/s, s ${s} s, I ${period} s`;
  const row = (what: string, expected: number, simulated: number, unit: string, tolerance: number): LawRow =>
    exactRow({ setup: `${where}: ${what}`, expected, simulated, unit, tolerance, n: paused.length });
  const mean = (s * s) / (2 * period * (1 - rho));
  const share = s / (period * (1 - rho));
  const p99 = Math.max(0, s - 0.01 * period * (1 - rho));
  const quantile = paused[Math.floor(0.99 * paused.length)]!;
  return [
    row("mean extra latency", mean, (meanOf(paused) - meanOf(without)) / SECOND, "s", 0.01 * mean),
    row("share of delayed records", share, delayed / paused.length, "", 0.01 * share),
    row("p99", p99, (quantile - undisturbed) / SECOND, "s", 0.01 * p99),
    row("longest", s, (paused[paused.length - 1]! - undisturbed) / SECOND, "s", 0.01 * s),
  ];
}

export const periodicPause: Law = {
  id: "L13",
  name: "periodic pause",
  statement: "mean s^2/(2 I (1-rho)), share delayed s/(I(1-rho)), p99 s - 0.01 I (1-rho), longest s",
  source: "fluid queue whose server stops for s in each interval I",
  run: (effort) =>
    [
      { rate: 500, service: 1, pause: 0.5, interval: 10 },
      { rate: 800, service: 1, pause: 0.5, interval: 10 },
      { rate: 300, service: 1, pause: 1, interval: 30 },
    ].flatMap((setup) => compare(setup, observations(10, effort, 2))),
};
