import { expect, test } from "vitest";
import { resolvePipeline } from "../pipeline/index.ts";
import { pipelineOf } from "./case-pipeline.ts";
import { allGrounds, groundsOf } from "./grounds.ts";
import { LAPTOP, shortCase } from "./reference-case.fixture.ts";

function extrapolated(input: Readonly<Record<string, unknown>>, place = LAPTOP.path, text = LAPTOP.text) {
  const pipelineInput = pipelineOf(shortCase(input), { file: place });
  const { pipeline } = resolvePipeline(pipelineInput, "short", [], () => text);
  return groundsOf(pipeline).flatMap(({ mechanism, grounds }) =>
    grounds === "extrapolated" ? mechanism : [],
  );
}

test("the reference's own job in its own place stands on validated mechanisms alone", () => {
  expect(
    extrapolated({}, "two-core-host.yaml", "name: two-core-host\nbased-on: laptop\nfigures: {}"),
  ).toEqual([]);
});

test("what no reference run has is named", () => {
  const place = "round trips, CPU and storage of this place";
  expect(extrapolated({})).toEqual([place]);
  expect(
    extrapolated({
      rate: 50_000,
      brokers: 5,
      job: { guarantee: "EXACTLY_ONCE", stateBytes: 100_000 },
      conf: { "execution.checkpointing.interval": "1 s", "state.backend.type": "rocksdb" },
    }),
  ).toEqual([
    place,
    "more than 4000 records/s",
    "more than 3 brokers",
    "more state than 100 MB",
    "RocksDB, incremental checkpoints",
  ]);
});

test("each mechanism says by what, once for each of its grounds", () => {
  const all = allGrounds().map(({ mechanism, grounds }) => `${mechanism}: ${grounds}`);
  expect(new Set(all).size).toBe(all.length);
});
