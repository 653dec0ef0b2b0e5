import { execFileSync, spawnSync } from "node:child_process";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import manifest from "../../package.json" with { type: "json" };

const root = join(import.meta.dirname, "../..");
const launcher = join(import.meta.dirname, "launcher.js");
const orders = join(root, "pipelines/orders.yaml");
const short = ["--for", "60 s", "--set", "execution.checkpointing.interval=1 s"];
let folder = "";

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "sluice-"));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** Starts the real process in a folder of the test's own. */
function sluice(...args: readonly string[]): { code: number | null; out: string; err: string } {
  const env = { ...process.env, NO_COLOR: "1" };
  const { status, stdout, stderr } = spawnSync(process.execPath, [launcher, ...args], {
    cwd: folder,
    env,
    encoding: "utf8",
  });
  return { code: status, out: stdout, err: stderr };
}

function write(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return name;
}

describe("a mistake is one line on standard error, exit code 2 and an empty standard output", () => {
  test.each([
    [["run", "none.yaml"], "Cannot read none.yaml: there is no such file"],
    [["run", "."], "Cannot read .: it is a folder, wanted a file"],
    [["run"], "Cannot read the command line: missing required argument 'pipeline'; see sluice --help"],
    [
      ["run", "a.yaml", "--jsn"],
      "Cannot read the command line: unknown option '--jsn' (Did you mean --json?); see sluice --help",
    ],
    [["simulate"], "Cannot read the command line: unknown command 'simulate'; see sluice --help"],
    [["rum"], "Cannot read the command line: unknown command 'rum' (Did you mean run?); see sluice --help"],
    [
      ["run", orders, "--for"],
      "Cannot read the command line: option '--for <duration>' argument missing; see sluice --help",
    ],
    [
      ["run", orders, "--for", "10 parsecs"],
      'Cannot read --for: got "10 parsecs", wanted a duration such as "10 min"',
    ],
    [["run", orders, "--for", "1 ms"], 'Cannot read --for: got "1 ms", wanted at least 1 s'],
    [["run", orders, "--for", "200 d"], 'Cannot read --for: got "200 d", wanted at most 100 d'],
    [["run", orders, "--for=-5 s"], 'Cannot read --for: got "-5 s", wanted a duration such as "10 min"'],
    [
      ["run", orders, "--seed", "lucky"],
      'Cannot read --seed: got "lucky", wanted a whole number from 0 to 9007199254740991',
    ],
    [
      ["run", orders, "--seed", "99999999999999999999"],
      'Cannot read --seed: got "99999999999999999999", wanted a whole number from 0 to 9007199254740991',
    ],
    [["run", orders, "--set", "parallelism"], 'Cannot read --set: got "parallelism", wanted KEY=VALUE'],
    [["run", orders, "--out", ""], 'Cannot read --out: got "", wanted a folder'],
    [
      ["run", orders, "--spans", "threads"],
      "Cannot read the command line: option '--spans <how>' argument 'threads' is invalid. Allowed choices are curves, one-record.; see sluice --help",
    ],
  ])("%j", (args, line) => {
    expect(sluice(...args)).toEqual({ code: 2, out: "", err: `${line}\n` });
  });

  test("a file that is not text", () => {
    writeFileSync(join(folder, "binary.yaml"), new Uint8Array([0xff, 0xfe, 0x00]));
    expect(sluice("run", "binary.yaml")).toEqual({
      code: 2,
      out: "",
      err: "Cannot read binary.yaml: it is not UTF-8 text\n",
    });
  });

  test("a module without a pipeline, and one that does not load", () => {
    const empty = write("empty.ts", "export const pipelines = [];");
    expect(sluice("run", empty)).toEqual({
      code: 2,
      out: "",
      err: "Cannot read empty.ts: got no export named pipeline, wanted `export const pipeline = {…}`\n",
    });
    const broken = write("broken.mjs", "throw new Error('no\\nway')");
    expect(sluice("run", broken)).toEqual({
      code: 2,
      out: "",
      err: "Cannot read broken.mjs: loading the module failed: no\n",
    });
  });

  test("several mistakes are told at once, one line each", () => {
    const { code, out, err } = sluice("run", orders, "--seed", "-", "--for", "x", "--set", "y");
    expect([code, out, err.trimEnd().split("\n").length]).toEqual([2, "", 3]);
  });

  test("invalid YAML, an unknown key, an absurd value", () => {
    for (const text of ["kafka: [", "kafkaa: {}", "kafka: { brokers: -3 }", "", "\t", "- 1"]) {
      const { code, out, err } = sluice("run", write("bad.yaml", text));
      expect([code, out], text).toEqual([2, ""]);
      expect(err, text).toMatch(/^(Cannot read .+\n)+$/);
    }
  });

  test("an output folder that cannot be written, before the run and with the path", () => {
    write("file", "mine");
    expect(sluice("run", orders, "--out", "file/results", ...short)).toMatchObject({
      code: 2,
      out: "",
      err: expect.stringContaining("Cannot write file/results: a file stands where a folder is wanted\n"),
    });
    expect(sluice("run", orders, "--out", "file", ...short)).toMatchObject({
      code: 2,
      err: expect.stringContaining("Cannot write file: a file stands where a folder is wanted\n"),
    });
    expect(readFileSync(join(folder, "file"), "utf8")).toBe("mine");
  });

  test("an output folder with somebody else's files", () => {
    mkdirSync(join(folder, "taken"));
    write("taken/run.txt", "my notes");
    const { code, out, err } = sluice("run", orders, "--out", "taken", ...short);
    expect([code, out]).toEqual([2, ""]);
    expect(err).toContain(
      "Cannot write taken/run.txt: a file that Sluice has not written is there, wanted another --out\n",
    );
    expect(readdirSync(join(folder, "taken"))).toEqual(["run.txt"]);
  });
});

describe("run", () => {
  test("with --json prints the JSON alone, the same bytes it writes, and the same every time", () => {
    const first = sluice("run", orders, "--json", "--out", "json-1", ...short);
    const second = sluice("run", orders, "--json", "--out", "json-2", ...short);
    expect(first.code, first.err).toBe(0);
    expect(JSON.parse(first.out)).toMatchObject({ pipeline: "orders", seed: "1", simulatedSeconds: 60 });
    expect(second.out).toBe(first.out);
    for (const name of ["run.json", "run.txt"]) {
      const texts = ["json-1", "json-2"].map((out) => readFileSync(join(folder, out, name), "utf8"));
      expect(texts[1], name).toBe(texts[0]);
    }
    expect(readFileSync(join(folder, "json-1/run.json"), "utf8")).toBe(first.out);
    expect(readdirSync(join(folder, "json-1")).sort()).toEqual(["run.json", "run.txt", "timing.json"]);
  });

  test("the seed is used", () => {
    const run = (seed: string) =>
      JSON.parse(sluice("run", orders, "--json", "--seed", seed, "--out", "seed", ...short).out);
    const [seven, eight] = [run("7"), run("8")];
    expect([seven.seed, eight.seed]).toEqual(["7", "8"]);
    expect(seven.outcomeFingerprint).not.toBe(eight.outcomeFingerprint);
  });

  test("without --json prints table, seed and simulated time, and writes to output/<pipeline>", () => {
    const { code, out, err } = sluice("run", orders, ...short);
    expect(code, err).toBe(0);
    expect(out).toContain("read_committed");
    expect(out).toContain("pipeline orders, seed 1, 60.0 s simulated");
    expect(out).toContain(
      "\nfigures of this seed; --repetitions 5 adds those of others, and confidence intervals\n",
    );
    expect(out).toMatch(/ × real time\n$/);
    expect(out.startsWith(readFileSync(join(folder, "output/orders/run.txt"), "utf8"))).toBe(true);
  });

  test("with --each-guarantee runs all three and tells what exactly-once costs", () => {
    const { code, out, err } = sluice("run", orders, "--each-guarantee", "--out", "each", ...short);
    expect(code, err).toBe(0);
    for (const guarantee of ["none", "at-least-once", "exactly-once"]) {
      expect(out).toMatch(new RegExp(`^${guarantee} .*read_committed`, "m"));
    }
    expect(out).toMatch(/^Exactly-once costs .+ \(read_committed\) .+ at p99: /m);
    const { runs } = JSON.parse(readFileSync(join(folder, "each/run.json"), "utf8"));
    expect(runs).toHaveLength(3);
  });

  test("with --repetitions adds intervals over seeds, and its first run is the one without", () => {
    const { code, out, err } = sluice("run", orders, "--repetitions", "3", "--out", "three", ...short);
    expect(code, err).toBe(0);
    expect(out).toMatch(/^exactly-once fraud +\d+(\.\d+)? ± /m);
    expect(out).toContain("\nfigures of this seed but where intervals stand: those are of seeds 1 to 3\n");
    const { repetitions, ...first } = JSON.parse(readFileSync(join(folder, "three/run.json"), "utf8"));
    expect(first).toEqual(JSON.parse(sluice("run", orders, "--json", "--out", "one", ...short).out));
    expect(repetitions.seeds).toEqual(["1", "2", "3"]);
    expect(sluice("replay", "three").code).toBe(0);
    expect(sluice("run", orders, "--repetitions", "0").err).toBe(
      `Cannot read --repetitions: got "0", wanted a whole number from 1 to ${Number.MAX_SAFE_INTEGER}\n`,
    );
  });

  test("takes a module that exports a pipeline", () => {
    // JSON is YAML, and a module's object is handed on as JSON: a pipeline written in JSON serves both.
    const pipeline = {
      kafka: { topics: { a: { partitions: 1 }, b: { partitions: 1 } } },
      producers: { p: { topic: "a", rate: "100/s", record: "100 B" } },
      jobs: {
        j: {
          config: { "execution.checkpointing.interval": "1 s" },
          source: { topic: "a" },
          operators: [{ name: "o", keyed: true, "service-time": "0.1 ms" }],
          sinks: [{ topic: "b", "sink.delivery-guarantee": "at-least-once" }],
        },
      },
      readers: { r: { topic: "b", "isolation.level": "read_committed" } },
    };
    const json = JSON.stringify(pipeline);
    const asModule = sluice(
      "run",
      write("same.ts", `export const pipeline = ${json} as const;`),
      "--json",
      "--for",
      "10 s",
    );
    const asYaml = sluice("run", write("same.yaml", json), "--json", "--for", "10 s");
    expect(asModule.code, asModule.err).toBe(0);
    expect(asModule.out).toBe(asYaml.out);
  });
});

test("the pipeline shown in the README runs", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const [, shown] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
  const { code, err } = sluice("run", write("readme.yaml", shown ?? ""), "--json", "--for", "30 s");
  expect(code, err).toBe(0);
});

describe("defaults and explain", () => {
  test("every default has a unit and a source", () => {
    const { code, out, err } = sluice("defaults", "--json");
    expect([code, err]).toEqual([0, ""]);
    const defaults: readonly { readonly key: string; readonly unit: string; readonly source: string }[] =
      JSON.parse(out);
    expect(defaults.map(({ key }) => key)).toContain("execution.checkpointing.interval");
    expect(defaults.filter(({ unit, source }) => unit === "" || source === "")).toEqual([]);
  });

  test("the filter narrows the list, and one that fits nothing says so", () => {
    expect(sluice("defaults", "linger").out).toContain("linger.ms");
    expect(sluice("defaults", "linger").out).not.toContain("execution.");
    expect(sluice("defaults", "lingger")).toEqual({
      code: 2,
      out: "",
      err: 'Cannot list defaults: got the filter "lingger", which no key contains\n',
    });
  });

  test("a key is explained, and a wrong one answered with the nearest", () => {
    expect(sluice("explain", "isolation.level")).toMatchObject({
      code: 0,
      out: expect.stringContaining("read_committed"),
      err: "",
    });
    const { code, out, err } = sluice("explain", "isolation.levle");
    expect([code, out]).toEqual([2, ""]);
    expect(err).toMatch(/^Cannot explain .+isolation\.level.+\n$/);
  });
});

describe("help and version", () => {
  test("are no mistakes", () => {
    expect(sluice("--version")).toEqual({ code: 0, out: `${manifest.version}\n`, err: "" });
    expect(sluice("--help")).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining("defaults [options] [filter]"),
    });
    expect(sluice("run", "--help")).toMatchObject({
      code: 0,
      err: "",
      out: expect.stringContaining("--each-guarantee"),
    });
  });

  test("without a command the help goes to standard error", () => {
    expect(sluice()).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Usage: sluice") });
  });
});

test("a reader that stops reading is no error", () => {
  const script = `"$0" "$1" defaults | head -n 1; echo "\${PIPESTATUS[0]}"`;
  const out = execFileSync("bash", ["-c", script, process.execPath, launcher], { encoding: "utf8" });
  expect(out.trimEnd().split("\n").at(-1)).toBe("0");
});

describe("the launcher", () => {
  /** A launcher for which this Node is too old, in a clone of its own. */
  function startLauncher(
    clone: string,
    withNode: boolean,
  ): { code: number | null; out: string; err: string } {
    const [cli, bin] = [join(folder, clone, "src/cli"), join(folder, clone, "node_modules/node/bin")];
    mkdirSync(cli, { recursive: true });
    mkdirSync(bin, { recursive: true });
    const source = readFileSync(launcher, "utf8").replace("WANTED_MAJOR = 24", "WANTED_MAJOR = 99");
    writeFileSync(join(cli, "launcher.mjs"), source);
    writeFileSync(
      join(cli, "sluice.ts"),
      "const args: string[] = process.argv; console.log(args[2]); process.exit(7);",
    );
    if (withNode)
      symlinkSync(process.execPath, join(bin, process.platform === "win32" ? "node.exe" : "node"));
    const child = spawnSync(process.execPath, [join(cli, "launcher.mjs"), "a b"], { encoding: "utf8" });
    return { code: child.status, out: child.stdout, err: child.stderr };
  }

  test("hands arguments and exit code on to the Node of the clone", () => {
    expect(startLauncher("clone", true)).toEqual({ code: 7, out: "a b\n", err: "" });
  });

  test("names the Node it wants when the clone has none", () => {
    expect(startLauncher("bare", false)).toEqual({
      code: 2,
      out: "",
      err: `Cannot start sluice: this is Node ${process.versions.node}, wanted Node 99, which \`npm ci\` installs\n`,
    });
  });
});
