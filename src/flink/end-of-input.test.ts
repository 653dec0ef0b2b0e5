import { describe, expect, test } from "vitest";
import { EndOfInput } from "./end-of-input.ts";

/** A task with two input channels. */
function task(waitsForFinalCheckpoint = true) {
  const told: string[] = [];
  const end = new EndOfInput(
    {
      waitsForFinalCheckpoint,
      onEndOfData: () => told.push("end of data"),
      onFinished: () => told.push("finished"),
    },
    2,
  );
  return { end, told };
}

describe("the end of a task's input", () => {
  test("is over when both partitions have ended, all is processed and a checkpoint that was begun since has completed", () => {
    const { end, told } = task();
    end.beginCheckpoint(4);
    end.endData(3);
    expect(told).toEqual(["end of data"]);
    end.endPartition(0);
    expect(end.openInputs).toEqual([1]);
    end.endPartition(1);
    // What was begun before holds no last records.
    end.completeCheckpoint(4);
    end.beginCheckpoint(5);
    end.beginCheckpoint(6);
    for (let i = 0; i < 3; i++) end.onAllRecordsProcessed();
    end.completeCheckpoint(4);
    expect(end.isOver).toBe(false);
    // The first may have been aborted.
    end.completeCheckpoint(6);
    expect(end.isOver).toBe(true);
    end.finish();
    expect(told).toEqual(["end of data", "finished"]);
  });

  test.each([
    ["a partition goes on", { partitions: 1, processed: 3, completed: 5 }],
    ["a receiver isn't done", { partitions: 2, processed: 2, completed: 5 }],
    ["no checkpoint since has completed", { partitions: 2, processed: 3, completed: 4 }],
  ])("isn't while %s", (_, { partitions, processed, completed }) => {
    const { end } = task();
    end.endData(3);
    end.beginCheckpoint(5);
    for (let i = 0; i < partitions; i++) end.endPartition(i);
    for (let i = 0; i < processed; i++) end.onAllRecordsProcessed();
    end.completeCheckpoint(completed);
    expect(end.isOver).toBe(false);
  });

  test("the data of a task has ended when that of all its channels has", () => {
    const { end } = task();
    expect(end.endDataOfInput()).toBe(false);
    expect(end.endDataOfInput()).toBe(true);
    expect(() => end.endDataOfInput()).toThrow("the data of a channel ends once");
  });

  test("without checkpoints after tasks have finished only asks for the ends of data and partitions", () => {
    const { end } = task(false);
    end.endPartition(0);
    end.endPartition(1);
    expect(end.isOver).toBe(false);
    end.endData(3);
    expect(end.isOver).toBe(true);
  });
});
