import { ConstantDistribution, ExponentialDistribution, GammaDistribution } from "../../engine/index.ts";
import { runPipeline } from "../../experiment/index.ts";
import { chain } from "../chain.ts";
import { scenario } from "../scenario.ts";
import { observeDeliveries } from "./delivery-times.ts";
import { exactRow, type Law, type LawRow, observations } from "./law.ts";
import { runStations } from "./stations.ts";

const SECOND = 1e9;
const UNIT = 1e6;

/** Queues in series: the integral of the number inside, kept event by event, against the sum of the times inside. */
function queues(effort: number): LawRow[] {
  const customers = observations(500_000, effort);
  const setups = {
    "gamma and exponential": [new GammaDistribution(3, UNIT), new ExponentialDistribution(UNIT)],
    constant: [new ConstantDistribution(UNIT)],
  };
  return Object.entries(setups).map(([name, services]) => {
    const { sojourns, customerTime, left } = runStations({
      seed: "Little",
      customers,
      interarrival: new ExponentialDistribution(1.1 * UNIT),
      services,
    });
    const inside = sojourns.reduce((sum, sojourn) => sum + BigInt(sojourn), 0n);
    return exactRow({
      setup: `queues in series, ${name} service: sum of W less integral of L`,
      expected: 0,
      simulated: left === 0 ? Number(inside - customerTime) : Number.NaN,
      unit: "ns",
      n: customers,
      seed: "Little",
    });
  });
}

/** A whole pipeline, drained: records created and not yet delivered to a reader, counted at each change by the origins'
 *  counts and not by the records' creation times, against the sum of the latencies. Every request an event: whole ns. */
function pipelineRows(effort: number): LawRow[] {
  const seconds = observations(20, effort, 5);
  const setups = {
    "exactly-once, read_committed": { pipeline: scenario("producers.load.arrivals=poisson"), reader: 0 },
    "exactly-once, read_uncommitted": { pipeline: scenario("producers.load.arrivals=poisson"), reader: 1 },
    "behind two exactly-once jobs": { pipeline: chain(), reader: 1 },
  };
  return Object.entries(setups).map(([name, { pipeline, reader }]) => {
    const loadEnd = seconds * SECOND;
    const times = observeDeliveries(pipeline, {
      seed: "1",
      loadEnd,
      end: loadEnd + 10 * SECOND,
      polls: "eager",
    });
    const { lineage } = times;
    let latencies = 0n;
    const deliveries: number[] = [];
    times.each(reader, 0, loadEnd, (created, delivered) => {
      latencies += BigInt(delivered) - BigInt(created);
      deliveries.push(delivered);
    });
    deliveries.sort((a, b) => a - b);
    const createdBy = (time: number): number => {
      let count = 0;
      for (let p = 0; p < lineage.originPartitions; p++) {
        count += lineage.originOf(p).countAt(lineage.localPartition(p), time);
      }
      return count;
    };
    const area = integralOfNumberInside(createdBy, deliveries, loadEnd + 10 * SECOND);
    return exactRow({
      setup: `pipeline, ${name}: sum of W less integral of L`,
      expected: 0,
      simulated: Number(latencies - area),
      unit: "ns",
      n: deliveries.length,
      seed: "1",
    });
  });
}

/** Integral over [0, end) of created(t) - delivered(t), by halving each stretch until nothing is created within it. */
function integralOfNumberInside(
  createdBy: (time: number) => number,
  deliveries: readonly number[],
  end: number,
): bigint {
  let area = 0n;
  const stretch = (from: number, to: number, before: number, after: number): void => {
    if (before === after) {
      area += BigInt(before) * BigInt(to - from);
      return;
    }
    if (to - from === 1) {
      area += BigInt(before);
      return;
    }
    const middle = Math.floor((from + to) / 2);
    const there = createdBy(middle);
    stretch(from, middle, before, there);
    stretch(middle, to, there, after);
  };
  stretch(0, end, createdBy(0), createdBy(end));
  for (const at of deliveries) area -= BigInt(end - at);
  return area;
}

/** The curves' latencies, of which only the ends of a span are looked up, against every record's own. */
function recorded(): LawRow {
  const pipeline = scenario();
  const duration = 20 * SECOND;
  const { latency } = runPipeline(pipeline, { seed: "1", duration }).readers[0]!;
  const times = observeDeliveries(pipeline, { seed: "1", loadEnd: duration, end: duration + 10 * SECOND });
  const each = times.latencies(0, 2 * SECOND, duration);
  const mean = each.reduce((sum, value) => sum + value, 0) / each.length / 1e6;
  return exactRow({
    setup: "the latency recorder's mean, read_committed",
    expected: mean,
    simulated: latency.count === each.length ? latency.meanMs! : Number.NaN,
    unit: "ms",
    tolerance: 1e-4 * mean,
    n: each.length,
    seed: "1",
  });
}

export const little: Law = {
  id: "L29",
  name: "Little's law",
  statement: "over a drained run the integral of the number inside is the sum of the times inside",
  source: "Little 1961",
  run: (effort) => [...queues(effort), ...pipelineRows(effort), recorded()],
};
