import { expect, test } from "vitest";
import { progressLines } from "./progress.ts";

test("where no bar can be drawn a line comes every half minute, with the time left", () => {
  const said: string[] = [];
  let time = 0;
  // Going on behind 100 runs of an interrupted sweep.
  const progress = progressLines(
    (line) => void said.push(line),
    "2 of 5, crashes: ",
    100,
    () => time,
  );
  for (let done = 101; done <= 108; done++) {
    time += 8000;
    progress.update(done, 1100);
  }
  progress.stop();
  expect(said).toEqual([
    "2 of 5, crashes: 104 of 1,100 runs, about 133 min left",
    "2 of 5, crashes: 108 of 1,100 runs, about 132 min left",
  ]);
});

test("what is over sooner says nothing", () => {
  const said: string[] = [];
  let time = 0;
  const progress = progressLines(
    (line) => void said.push(line),
    "",
    0,
    () => time,
  );
  for (let done = 1; done <= 29; done++) {
    time += 1000;
    progress.update(done, 29);
  }
  expect(said).toEqual([]);
});
