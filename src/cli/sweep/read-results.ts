import { existsSync, readFileSync } from "node:fs";
import { basename, extname, join } from "node:path";
import {
  type Experiment,
  failuresOf,
  type Point,
  type ResultFactor,
  type SweepResults,
  summarise,
} from "../../experiment/index.ts";
import { UsageError } from "../usage-error.ts";
import { askNamed, literal, openDatabase } from "./result-database.ts";
import { MANIFEST_MARK } from "./result-folder.ts";

/** What the manifest of a sweep says. */
export interface Manifest {
  readonly experiment: string;
  readonly question: string;
  readonly digest: string;
  readonly factors: readonly ResultFactor[];
  /** From the directory where it was swept. */
  readonly pipelineFile: string;
  readonly pipelineText: string;
  readonly points: readonly Point[];
  readonly definition: Pick<Experiment, "metrics">;
}

/** The folder of an experiment's results: itself, or `output/<name>` of an experiment's file or name.
 *  @throws UsageError when there are no results. */
export function resultFolderOf(named: string): string {
  const candidates = [named, join("output", basename(named, extname(named)))];
  const found = candidates.find((folder) => existsSync(join(folder, "manifest.json")));
  if (found === undefined) {
    throw new UsageError([
      `Cannot read the results of ${named}: got no ${join(candidates[1]!, "manifest.json")}, wanted a sweep first (sluice sweep ${named})`,
    ]);
  }
  return found;
}

/** @throws UsageError when the folder's manifest is none of Sluice's. */
export function readManifest(folder: string): Manifest {
  const file = join(folder, "manifest.json");
  const text = readFileSync(file, "utf8");
  if (!text.includes(MANIFEST_MARK)) {
    throw new UsageError([
      `Cannot read ${file}: got a file that Sluice has not written, wanted the manifest of a sweep`,
    ]);
  }
  return JSON.parse(text) as Manifest;
}

/** Reads the tables of a sweep. */
export async function readResults(
  folder: string,
  manifest: Pick<Manifest, "experiment" | "question" | "factors">,
): Promise<SweepResults> {
  const { experiment, question, factors } = manifest;
  const database = await openDatabase();
  try {
    const table = (name: string): string => literal(join(folder, `${name}.parquet`));
    const rows = await askNamed(database, `select * from ${table("results")}`);
    const histograms = await askNamed(
      database,
      `select point, reader, from_ms, to_ms, sum(records order by repetition) as records
       from ${table("histograms")} group by all order by point, reader, from_ms`,
    );
    const timeline = await askNamed(database, `select * from ${table("timeline")}`);
    // Sweeps of earlier versions have none.
    const hasSeries = existsSync(join(folder, "series.parquet"));
    const series = hasSeries ? await askNamed(database, `select * from ${table("series")}`) : [];
    return {
      experiment,
      question,
      factors,
      summaries: summarise(rows, factors),
      failures: failuresOf(rows, factors),
      histograms: histograms.map((row) => ({
        point: Number(row["point"]),
        reader: String(row["reader"]),
        fromMs: Number(row["from_ms"]),
        toMs: Number(row["to_ms"]),
        records: Number(row["records"]),
      })),
      timeline: timeline.map((row) => ({
        point: Number(row["point"]),
        job: String(row["job"]),
        checkpoint: Number(row["checkpoint"]),
        participant: String(row["participant"]),
        phase: String(row["phase"]),
        fromMs: Number(row["from_ms"]),
        toMs: Number(row["to_ms"]),
      })),
      series: series.map((row) => ({
        point: Number(row["point"]),
        subject: String(row["subject"]),
        measure: String(row["measure"]),
        fromMs: Number(row["from_ms"]),
        value: Number(row["value"]),
      })),
    };
  } finally {
    database.closeSync();
  }
}
