import { type DocumentNode, describeNode } from "../document-node.ts";
import { nodeAt, placeOf } from "../document-path.ts";
import { formatPath, type Issue, issueAt, type Path, warningAt } from "../issue.ts";
import type { Pipeline } from "../pipeline.ts";
import type { ParsedPipeline } from "../schema.ts";

/** What a check found wrong. */
export interface CheckFinding {
  readonly path: Path;
  /** Other values that the finding rests on: none of them may be one that couldn't be read. */
  readonly because?: readonly Path[];
  /** Without it, what is written at the path. */
  readonly received?: string;
  readonly wanted: string;
  readonly suggestion?: string | undefined;
}

/** A pipeline under check, and where findings go. */
export class CheckContext {
  readonly pipeline: Pipeline;
  readonly parsed: ParsedPipeline;
  readonly issues: Issue[] = [];
  readonly warnings: Issue[] = [];
  readonly #root: DocumentNode;
  readonly #broken: ReadonlySet<string>;

  /** `broken` are paths whose value was reported already, so that nothing is concluded from them. */
  constructor(pipeline: Pipeline, parsed: ParsedPipeline, root: DocumentNode, broken: readonly Path[]) {
    this.pipeline = pipeline;
    this.parsed = parsed;
    this.#root = root;
    this.#broken = new Set(broken.map(formatPath));
  }

  report(finding: CheckFinding): void {
    this.#add(finding, this.issues, issueAt);
  }

  warn(finding: CheckFinding): void {
    this.#add(finding, this.warnings, warningAt);
  }

  isWritten(path: Path): boolean {
    return nodeAt(this.#root, path) !== undefined;
  }

  /** Whether this word is written at a path, which may be a synonym of what was read. */
  isWord(path: Path, word: string): boolean {
    const node = nodeAt(this.#root, path);
    return node?.kind === "scalar" && node.text.toLowerCase() === word;
  }

  /** Where a Flink option of a job is written: the job's config, else the cluster's. */
  flinkPath(job: string, key: string): Path {
    const cluster: Path = ["flink", "config", key];
    const own: Path = ["jobs", job, "config", key];
    return !this.isWritten(own) && this.isWritten(cluster) ? cluster : own;
  }

  #add(finding: CheckFinding, list: Issue[], say: typeof issueAt): void {
    const { path, because = [], wanted, suggestion } = finding;
    if ([path, ...because].some((each) => this.#broken.has(formatPath(each)))) return;
    const received = finding.received ?? describeNode(nodeAt(this.#root, path));
    list.push(say(formatPath(path), { place: placeOf(this.#root, path), received, wanted, suggestion }));
  }
}
