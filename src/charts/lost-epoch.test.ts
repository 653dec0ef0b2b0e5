import { expect, test } from "vitest";
import { lostEpoch } from "./lost-epoch.ts";
import { renderSvg } from "./render-chart.ts";
import { RESULTS } from "./results.fixture.ts";

const where = { guarantee: "exactly-once", interval: 1000 };

test("an epoch whose transaction times out, whose checkpoint completes and whose commit is refused", async () => {
  const { point, job, checkpoint } = RESULTS.timeline[0]!;
  const row = (participant: string, phase: string, fromMs: number, toMs: number) => ({
    point,
    job,
    checkpoint,
    participant,
    phase,
    fromMs,
    toMs,
  });
  const timeline = [
    row("coordinator", "waiting for acknowledgements", 63_700, 63_705),
    row("coordinator", "completing", 63_705, 63_709),
    row("sink 0", "transaction open", 50_000, 61_100),
    row("sink 0", "transaction aborted", 61_100, 63_704),
    row("sink 0", "commit refused", 63_710, 63_712),
  ];
  const spec = lostEpoch({ where }).draw({ ...RESULTS, timeline });
  expect((spec["title"] as { text: string[] }).text.join(" ")).toBe(
    "Kafka aborts the transaction 11.1 s after its first record; its checkpoint completes 2.61 s later, the commit is refused, " +
      "and the job goes on",
  );
  await expect(`${JSON.stringify(spec, null, 2)}\n`).toMatchFileSnapshot("golden/lost-epoch.json");
  const warnings: string[] = [];
  const svg = await renderSvg(spec, (message) => warnings.push(message));
  expect(warnings).toEqual([]);
  expect(svg).not.toMatch(/NaN|Infinity|undefined/);
});

test("without a lost epoch it says so", () => {
  expect(() => lostEpoch({ where }).draw(RESULTS)).toThrow(
    'Cannot read the results of fixture: got no lost epoch with {"guarantee":"exactly-once","interval":1000}, wanted one among ' +
      "the first checkpoints behind the warm-up",
  );
});
