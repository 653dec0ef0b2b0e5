import { expect, test } from "vitest";
import { RandomStream } from "../engine/index.ts";
import { SpanList } from "../records/index.ts";
import { OnePartitionWriter, type PartitionedSink } from "./partition-writers.ts";

/** A writer with batch.size 1000 of records of 100 bytes, and how many records it hands on in runs to the same partition.
 *  `lingersUntil`: when a batch with room left is drained. */
function writer(lingersUntil: number) {
  const sent: number[] = [];
  let last = -1;
  const sink: PartitionedSink = {
    sendTo: (partition, spans) => {
      if (partition === last) sent.push(sent.pop()! + spans.records);
      else sent.push(spans.records);
      last = partition;
      spans.clear();
    },
    lingers: (_, at) => at < lingersUntil,
    isNew: () => false,
    join: () => 0,
  };
  const random = new RandomStream("1", "sticky");
  const of = { batchSize: 1000, recordBytes: 100 };
  // Of so many partitions none is drawn twice in a row.
  const one = new OnePartitionWriter(sink, of, 1e9, undefined, random, false);
  let offset = 0;
  const write = (records: number, first: number, end: number): void => {
    const spans = new SpanList(false);
    spans.push(0, 0, offset, offset + records);
    offset += records;
    one.write(spans, first, end);
  };
  return { sent, write };
}

test("a sticky partition is left with batch.size, where nothing of it lingers", () => {
  const { sent, write } = writer(0);
  for (let k = 0; k < 6; k++) write(6, k, k);
  expect(sent).toEqual([12, 12, 12]);
});

test("one whose batch lingers is left with twice batch.size", () => {
  const { sent, write } = writer(Number.POSITIVE_INFINITY);
  for (let k = 0; k < 8; k++) write(6, k, k);
  expect(sent).toEqual([20, 20, 8]);
});

test("one that lingered is left once its batch is drained, before the next record", () => {
  const { sent, write } = writer(250);
  write(6, 100, 150);
  write(6, 200, 240);
  write(1, 249, 249);
  write(2, 250, 260);
  expect(sent).toEqual([13, 2]);
});
