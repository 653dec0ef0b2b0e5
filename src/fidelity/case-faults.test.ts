import { expect, test } from "vitest";
import { resolvePipeline } from "../pipeline/index.ts";
import { faultAt, faultsOf, heartbeatsOf, triggerBeforeFault, whyNotSimulated } from "./case-faults.ts";
import { pipelineOf } from "./case-pipeline.ts";
import { LAPTOP, shortCase } from "./reference-case.fixture.ts";

const START = 2e9;
const textsOf = (input: object, rest: object = {}) =>
  faultsOf(shortCase({ ...input }, { ...rest }), "job", START);

test("a killed TaskManager comes back as a fresh process", () => {
  expect(textsOf({ faults: [{ at: 5, kill: "tm0" }] })).toEqual([
    "kill taskmanager-1 at 5000000000 ns repair 2000000000 ns",
  ]);
  const both = { faults: [{ at: 5, kill: "all", restartAfter: 3 }], taskmanagers: 2 };
  expect(textsOf(both)).toEqual([
    "kill taskmanager-1 at 5000000000 ns repair 5000000000 ns",
    "kill taskmanager-2 at 5000000000 ns repair 5000000000 ns",
  ]);
});

test("a fault happens when it was measured, and later ones as long after it as was asked for", () => {
  const faults = [
    { at: 5, kill: "tm0" },
    { at: 9, kill: "tm1" },
  ];
  expect(textsOf({ faults }, { fault: { at_s: 4.9 } })).toEqual([
    "kill taskmanager-1 at 4900000000 ns repair 2000000000 ns",
    "kill taskmanager-2 at 8900000000 ns repair 2000000000 ns",
  ]);
});

test("the record that throws makes its task fail when it is made, where nothing says when it did", () => {
  const job = { guarantee: "EXACTLY_ONCE", failAtSeq: 450 };
  expect(textsOf({ job })).toEqual(["fail job/stateful at 4500000000 ns"]);
  expect(textsOf({ job }, { fault: { at_s: 4.6 } })).toEqual(["fail job/stateful at 4600000000 ns"]);
});

test("a stopped TaskManager goes on after its time", () => {
  expect(textsOf({ faults: [{ at: 5, kill: "tm1", signal: "SIGSTOP", for: 10 }] })).toEqual([
    "freeze taskmanager-2 at 5000000000 ns for 10000000000 ns",
  ]);
});

test("what can't be simulated is said, and nothing of it happens", () => {
  const stopped = { faults: [{ at: 5, kill: "tm0", signal: "SIGSTOP" }] };
  expect(whyNotSimulated(shortCase(stopped))).toBe("a process under SIGSTOP is not simulated");
  expect(textsOf(stopped)).toEqual([]);
  expect(whyNotSimulated(shortCase({ faults: [{ at: 5, kill: "jm" }] }))).toBe(
    "the end of jm is not simulated",
  );
  expect(whyNotSimulated(shortCase())).toBeUndefined();
  expect(faultAt(shortCase())).toBeUndefined();
});

test("heartbeats and triggers come back to the instants that the case states", () => {
  const heartbeats = (declared: readonly number[], fault: object = {}) => {
    const reference = shortCase(
      { faults: [{ at: 32, kill: "tm0", ...fault }] },
      { fault: { at_s: 31.9 }, phases: { declared_lost_ms_after_fault: declared } },
    );
    const input = pipelineOf(reference, { file: LAPTOP.path });
    return heartbeatsOf(reference, resolvePipeline(input, "short", [], () => LAPTOP.text).pipeline);
  };
  // Every 10 s: 31.9 and 17.1 s are 49 s, and 31.9 and 18.7 s are 50.6.
  expect(heartbeats([17_100, 18_700])).toEqual({ jobMasters: [9e9], resourceManager: 0.6e9 });
  // At once: the ResourceManager has told it.
  expect(heartbeats([17_100, 17_102])).toEqual({ jobMasters: [9.002e9], resourceManager: 9e9 });
  // Stopped: 50 s after the answer to a heartbeat at 22.9 s less two RPCs of 2 ms.
  const stopped = heartbeats([41_000, 41_000], { signal: "SIGSTOP", for: 60 });
  expect(stopped?.resourceManager).toBe(2.896e9);
  expect(heartbeats([])).toBeUndefined();
  const fault = { at_s: 31.9, last_completed_trigger_before_ms: 600 };
  const reference = shortCase({ faults: [{ at: 32, kill: "tm0" }] }, { fault });
  expect(triggerBeforeFault(reference, 1e9)).toBe(0.3e9);
});
