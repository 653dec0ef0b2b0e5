import { fc, test as property } from "@fast-check/vitest";
import { expect, test } from "vitest";
import { fault } from "./fault.ts";
import { formatFault } from "./format-fault.ts";

const { read, examples } = fault();

function readOf(text: string): unknown {
  const reading = read(text);
  return reading.ok ? reading.value : reading.wanted;
}

const at30 = { kind: "at", time: 30e9 } as const;
const broker1 = { kind: "broker", number: 1 } as const;
const taskmanager1 = { kind: "taskmanager", number: 1 } as const;
const join0 = { job: "enrich", vertex: "join", subtask: 0 };

test.each([
  [
    "kill taskmanager-1 at 30 s",
    { kind: "kill", target: taskmanager1, silent: false, repair: undefined },
    at30,
  ],
  [
    "lose taskmanager-1, at 30 s, repair after 60 s",
    { kind: "kill", target: taskmanager1, silent: true, repair: 60e9 },
    at30,
  ],
  [
    "kill jobmanager at 30 s",
    { kind: "kill", target: { kind: "jobmanager" }, silent: false, repair: undefined },
    at30,
  ],
  ["freeze taskmanager-1 at 30 s for 10 s", { kind: "freeze", target: taskmanager1, duration: 10e9 }, at30],
  ["fail enrich/join[0] at 30 s", { kind: "fail", target: join0 }, at30],
  [
    "fail enrich at 30 s",
    { kind: "fail", target: { job: "enrich", vertex: undefined, subtask: undefined } },
    at30,
  ],
  [
    "slow enrich/join[0] by 5 for 20 s at 30 s",
    { kind: "slow", target: join0, factor: 5, duration: 20e9 },
    at30,
  ],
  [
    "slow-disk broker-2 by 10x at 30 s for 1 s",
    { kind: "slow-disk", broker: 2, factor: 10, duration: 1e9 },
    at30,
  ],
  [
    "elect orders-3 unclean at 30 s",
    { kind: "elect", topic: "orders", topicPartition: 3, unclean: true },
    at30,
  ],
  [
    "elect my-topic at 30 s",
    { kind: "elect", topic: "my-topic", topicPartition: undefined, unclean: false },
    at30,
  ],
  [
    "cut taskmanager-1 <-> brokers at 30 s for 5 s",
    { kind: "cut", link: { from: taskmanager1, to: "brokers", oneWay: false }, duration: 5e9 },
    at30,
  ],
  [
    "cut broker-1 <-> controller at 30 s for 5 s",
    { kind: "cut", link: { from: broker1, to: "controller", oneWay: false }, duration: 5e9 },
    at30,
  ],
  [
    "cut billing -> brokers at 30 s for 5 s",
    {
      kind: "cut",
      link: { from: { kind: "client", name: "billing" }, to: "brokers", oneWay: true },
      duration: 5e9,
    },
    at30,
  ],
  [
    "cut producers <-> broker-1 at 30 s for 5 s",
    { kind: "cut", link: { from: "producers", to: broker1, oneWay: false }, duration: 5e9 },
    at30,
  ],
  [
    "delay taskmanagers -> broker-1 by 50 ms at 30 s for 5 s",
    {
      kind: "delay",
      link: { from: "taskmanagers", to: { kind: "broker", number: 1 }, oneWay: true },
      by: 50e6,
      duration: 5e9,
    },
    at30,
  ],
  [
    "drop notifyCheckpointComplete of enrich at 30 s",
    { kind: "drop", message: "notifyCheckpointComplete", job: "enrich", times: 1 },
    at30,
  ],
  [
    "delay Produce response of enrich by 35 s times 3 at 30 s",
    { kind: "delay-message", message: "Produce response", job: "enrich", by: 35e9, times: 3 },
    at30,
  ],
  [
    "duplicate Produce request times always at 30 s",
    { kind: "duplicate", message: "Produce request", job: undefined, times: 1e9 },
    at30,
  ],
  [
    "duplicate EndTxn request at 30 s",
    { kind: "duplicate", message: "EndTxn request", job: undefined, times: 1 },
    at30,
  ],
  [
    "storage unavailable at 30 s for 5 s",
    { kind: "storage", mode: "unavailable", factor: 1, duration: 5e9 },
    at30,
  ],
  ["storage slow by 10 at 30 s for 5 s", { kind: "storage", mode: "slow", factor: 10, duration: 5e9 }, at30],
  [
    "stop-with-savepoint enrich drain at 30 s",
    { kind: "operate", job: "enrich", action: { kind: "stop-with-savepoint", drain: true } },
    at30,
  ],
  [
    "restart enrich from latest - 2 at 30 s",
    {
      kind: "operate",
      job: "enrich",
      action: {
        kind: "restart",
        from: "latest",
        checkpoint: 2,
        parallelism: undefined,
        transactionalIdPrefix: undefined,
      },
    },
    at30,
  ],
  [
    "rescale enrich to 8 at 30 s",
    {
      kind: "operate",
      job: "enrich",
      action: {
        kind: "restart",
        from: "savepoint",
        checkpoint: 0,
        parallelism: 8,
        transactionalIdPrefix: undefined,
      },
    },
    at30,
  ],
  [
    "rescale enrich to 2 from latest - 1 at 30 s",
    {
      kind: "operate",
      job: "enrich",
      action: {
        kind: "restart",
        from: "latest",
        checkpoint: 1,
        parallelism: 2,
        transactionalIdPrefix: undefined,
      },
    },
    at30,
  ],
  [
    "cancel enrich with savepoint at 30 s",
    { kind: "operate", job: "enrich", action: { kind: "cancel-with-savepoint" } },
    at30,
  ],
  [
    "kill taskmanager-1 at 30 s and 2 min and 95 s",
    { kind: "kill", target: { kind: "taskmanager", number: 1 }, silent: false, repair: undefined },
    { kind: "trace", times: [30e9, 120e9, 95e9] },
  ],
  [
    "rename enrich to enrich-2 at 30 s",
    {
      kind: "operate",
      job: "enrich",
      action: {
        kind: "restart",
        from: "latest",
        checkpoint: 0,
        parallelism: undefined,
        transactionalIdPrefix: "enrich-2",
      },
    },
    at30,
  ],
  [
    "poison enrich/join with partition 2 offset 1200 times 3",
    {
      kind: "poison",
      target: { job: "enrich", vertex: "join", subtask: undefined },
      topicPartition: 2,
      offset: 1200,
      times: 3,
    },
    { kind: "at", time: 0 },
  ],
] as const)("%s", (text, action, time) => {
  expect(readOf(text)).toEqual({ action, time });
  // What is written in words again reads the same.
  expect(readOf(formatFault({ action, time }))).toEqual({ action, time });
});

test.each([
  ["when checkpoint 7 completed", { moment: "checkpoint completed", checkpoint: 7 }],
  ["when EndTxn sent of checkpoint 3", { moment: "EndTxn sent", checkpoint: 3 }],
  [
    "when CompleteCommit written 2nd time plus 5 ms",
    { moment: "CompleteCommit written", occurrence: 2, after: 5e6 },
  ],
  ["when pre-committed of enrich", { moment: "pre-committed", job: "enrich" }],
])("fail enrich %s", (text, details) => {
  const time = { kind: "when", job: undefined, checkpoint: undefined, occurrence: 1, after: 0, ...details };
  const reading = readOf(`fail enrich ${text}`);
  expect(reading).toMatchObject({ time });
  expect(readOf(formatFault(reading as Parameters<typeof formatFault>[0]))).toEqual(reading);
});

test("every: exponential unless a shape is given", () => {
  expect(readOf("kill broker-1 every 1 h")).toMatchObject({
    time: { kind: "every", mean: 3600e9, shape: 1, from: 0, until: Number.POSITIVE_INFINITY },
  });
  expect(readOf("fail enrich every 10 min shape 0.7 from 1 min until 2 h")).toMatchObject({
    time: { kind: "every", mean: 600e9, shape: 0.7, from: 60e9, until: 7200e9 },
  });
});

test.each([
  ["kil taskmanager-1 at 30 s", /it begins with one of kill, lose, .* \(did you mean kill\?\)/],
  ["kill taskmanager at 30 s", /a process: "taskmanager-1", "broker-1" or "jobmanager"/],
  ["kill taskmanager-1", /one time: "at 30 s", "when checkpoint 7 completed" or "every 1 h"/],
  ["kill taskmanager-1 at noon", /a duration with its unit .* after "at"/],
  ["kill taskmanager-1 at 1 s every 1 h", /one time/],
  ["kill taskmanager-1 at 1 s for 5 s", /no "for" in a fault that says kill/],
  ["kill taskmanager-1 at 1 s at 2 s", /"at" once/],
  ["freeze taskmanager-1 at 1 s", /"for" and a duration, as in "for 10 s"/],
  ["fail enrich when the moon rises", /a moment such as "checkpoint 7 completed"/],
  ["slow enrich by half at 1 s for 1 s", /"by" and a factor/],
  ["storage wet at 1 s for 1 s", /storage and one of slow, unavailable, full, metadata-fails/],
])("%s is answered with what was wanted", (text, message) => {
  expect(readOf(text)).toMatch(message);
});

test("the examples are read", () => {
  for (const example of examples) expect(read(example).ok).toBe(true);
});

property.prop([
  fc.array(
    fc.constantFrom(
      "kill",
      "freeze",
      "at",
      "when",
      "for",
      "30 s",
      "taskmanager-1",
      "<->",
      "by",
      "-1",
      "enrich/join[0]",
      "checkpoint 7 completed",
      "from",
      ",",
    ),
    { maxLength: 12 },
  ),
])("any words are read or answered", (words) => {
  expect(typeof read(words.join(" ")).ok).toBe("boolean");
});
