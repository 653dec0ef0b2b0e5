import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { runPipeline } from "../experiment/index.ts";
import { assemble, type Pipeline } from "../pipeline/index.ts";
import { pipelineInputs, readDrawn } from "./arbitraries/pipeline-arbitrary.ts";
import { DeliveryTimes, observeDeliveries } from "./laws/delivery-times.ts";
import { scaledTime } from "./scaled-time.ts";
import { SECOND } from "./scenario.ts";
import { SILENT } from "./silent-observer.ts";

const LOAD = 2 * SECOND;
const END = 40 * SECOND;

/** Every delivery: reader, origin partition, offset, creation and delivery, ns. */
function deliveries(pipeline: Pipeline, times: DeliveryTimes): number[][] {
  const rows: number[][] = [];
  pipeline.readers.forEach((_, reader) => {
    times.each(reader, 0, LOAD, (created, delivered, origin, offset) =>
      rows.push([reader, origin, offset, created, delivered]),
    );
  });
  return rows;
}

property.prop([pipelineInputs({ guarantees: ["exactly-once"] })], { numRuns: 8 })(
  "without faults at-least-once shows each reader the same records as exactly-once",
  (input) => {
    const [once, atLeastOnce] = ["exactly-once", "at-least-once"].map((guarantee) => {
      const pipeline = readDrawn(input, `sink.delivery-guarantee=${guarantee}`);
      const times = observeDeliveries(pipeline, { seed: "1", loadEnd: LOAD, end: END });
      expect(times.repeats).toBe(0);
      return deliveries(pipeline, times).map(([reader, origin, offset]) => [reader, origin, offset]);
    });
    expect(once).toEqual(atLeastOnce);
  },
);

// One job: between two, output is handed on in runs of up to a millisecond, which is no duration of the pipeline's.
property.prop([pipelineInputs({ randomness: false, chains: false })], { numRuns: 12 })(
  "doubling every duration doubles every latency",
  (input) => {
    // Flink draws the delay of the first checkpoint in whole milliseconds, unless the pause leaves nothing to be drawn.
    const pipeline = readDrawn(
      input,
      "execution.checkpointing.max-concurrent-checkpoints=1",
      "execution.checkpointing.interval=600 ms",
      "execution.checkpointing.min-pause=600 ms",
    );
    const slow = scaledTime(pipeline, 2);
    const times = observeDeliveries(pipeline, { seed: "1", loadEnd: LOAD, end: END });
    const slowTimes = observeDeliveries(slow, { seed: "1", loadEnd: 2 * LOAD, end: 2 * END });
    const rows = deliveries(pipeline, times);
    // A record at the very end of a buffer or an epoch may fall to its other side by rounding; no other may.
    const moved = rows.filter(
      ([reader, origin, offset, , delivered]) =>
        !(Math.abs(slowTimes.at(reader!, origin!, offset!) - 2 * delivered!) <= 20_000),
    );
    expect(moved.length).toBeLessThanOrEqual(Math.max(2, 0.01 * rows.length));
  },
);

property.prop([pipelineInputs()], { numRuns: 6 })(
  "neither an observer of the engine nor an event that does nothing changes a delivery",
  (input) => {
    const pipeline = readDrawn(input);
    const run = (disturb: "not" | "observer" | "events"): number[][] => {
      let times: DeliveryTimes | undefined;
      const world = assemble(
        pipeline,
        {
          seed: "1",
          loadEnd: LOAD,
          spans: "curves",
          polls: "lazy",
          ...(disturb === "observer" ? { engineObserver: { onEvent: () => {} } } : {}),
        },
        (lineage) => {
          times = new DeliveryTimes(pipeline.readers.length, lineage);
          return { ...SILENT, delivered: times.delivered };
        },
      );
      if (disturb === "events") {
        const nothing = world.sim.defineKind("nothing", () => {});
        for (let at = 0; at < END; at += 7_654_321) world.sim.scheduleAt(at, nothing, 0, 0);
      }
      world.run(END);
      return deliveries(pipeline, times!);
    };
    const undisturbed = run("not");
    expect(run("observer")).toEqual(undisturbed);
    expect(run("events")).toEqual(undisturbed);
  },
);

test("the same file and seed give the same bytes in another process", () => {
  const inputs = fc.sample(pipelineInputs(), { numRuns: 6, seed: 6 });
  const here = inputs.map((input) => runPipeline(readDrawn(input), { seed: "9", duration: LOAD }));
  const program = `
    import { readFileSync } from "node:fs";
    import { runPipeline } from "./src/experiment/index.ts";
    import { readDrawn } from "./src/verification/arbitraries/pipeline-arbitrary.ts";
    const inputs = JSON.parse(readFileSync(0, "utf8"));
    const results = inputs.map((input) => runPipeline(readDrawn(input), { seed: "9", duration: ${LOAD} }));
    process.stdout.write(JSON.stringify(results));`;
  const other = spawnSync(process.execPath, ["--input-type=module", "--eval", program], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    encoding: "utf8",
    input: JSON.stringify(inputs),
    maxBuffer: 1e9,
  });
  expect(other.stdout).toBe(JSON.stringify(here));
});
