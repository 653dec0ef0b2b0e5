import type { Versions } from "../pipeline.ts";
import type { ScalarInput, ValueType } from "../values/value-type.ts";

/** Where a key belongs. */
export type Scope =
  | "flink"
  | "producer"
  | "consumer"
  | "broker"
  | "topic"
  | "connector"
  | "environment"
  | "pipeline";

/** A key that must be written. */
export const REQUIRED = { required: true } as const;

/** A default that a release changed: `before` up to the release, `from` it on. */
export interface DefaultByVersion {
  readonly of: "flink" | "kafkaClients";
  readonly release: string;
  readonly before: string;
  readonly from: string;
}

/** A default of the physical world: its value and where the value comes from, for each preset. */
export interface DefaultByPreset {
  readonly presets: Readonly<Record<string, { readonly value: string; readonly source: string }>>;
}

/** What holds when a key isn't written: a text as one would write it, or undefined for nothing. */
export type Default = string | undefined | typeof REQUIRED | DefaultByVersion | DefaultByPreset;

/** One key: its type, its default and where that comes from, and whether the model has it. */
export interface Option<Value, Input extends ScalarInput, Required extends boolean = boolean> {
  readonly key: string;
  readonly scope: Scope;
  readonly type: ValueType<Value, Input>;
  readonly default: Default;
  readonly required: Required;
  readonly source: string;
  readonly meaning: string;
  /** false: accepted and checked, then ignored with a warning. */
  readonly modelled: boolean;
  /** first Flink release that has the key. */
  readonly since: string | undefined;
  /** first Flink release without it, and what took its place. */
  readonly removed: { readonly release: string; readonly answer: string } | undefined;
  /** belongs to the processes of a Flink cluster, so not to one job. */
  readonly clusterWide: boolean;
}

/** Options by key. */
export type Options = Readonly<Record<string, Option<unknown, ScalarInput>>>;

/** A row of the table: type, default, meaning, and what is rare. */
export type Row<
  Value = unknown,
  Input extends ScalarInput = ScalarInput,
  D extends Default = Default,
> = readonly [
  type: ValueType<Value, Input>,
  default_: D,
  meaning: string,
  rest?: {
    readonly source?: string;
    readonly since?: string;
    readonly removed?: { readonly release: string; readonly answer: string };
  },
];

type Rows = Readonly<Record<string, Row<never, never> | Row>>;

type OptionOf<R> = R extends readonly [ValueType<infer Value, infer Input>, infer D, ...unknown[]]
  ? Option<Value, Input, D extends typeof REQUIRED ? true : false>
  : never;

/** Options as a group of rows gives them. */
export type OptionsOf<Modelled, Known> = { readonly [Key in keyof Modelled]: OptionOf<Modelled[Key]> } & {
  readonly [Key in keyof Known]: OptionOf<Known[Key]>;
};

/** Rows that share a scope and a source; `modelled` is simulated, `known` is checked and ignored. */
export interface Group<Modelled, Known> {
  readonly scope: Scope;
  readonly source: string;
  readonly clusterWide?: boolean;
  readonly modelled?: Modelled;
  readonly known?: Known;
}

/** Turns rows into options. */
export function options<
  const Modelled extends Rows = Record<never, never>,
  const Known extends Rows = Record<never, never>,
>(group: Group<Modelled, Known>): OptionsOf<Modelled, Known> {
  const result: Record<string, Option<unknown, ScalarInput>> = {};
  for (const [rows, modelled] of [
    [group.modelled ?? {}, true] as const,
    [group.known ?? {}, false] as const,
  ]) {
    for (const [key, row] of Object.entries(rows)) {
      const [type, default_, meaning, rest] = row as Row;
      result[key] = {
        key,
        scope: group.scope,
        type,
        default: default_,
        required: default_ === REQUIRED,
        source: rest?.source ?? group.source,
        meaning,
        modelled,
        since: rest?.since,
        removed: rest?.removed,
        clusterWide: group.clusterWide ?? false,
      };
    }
  }
  return result as OptionsOf<Modelled, Known>;
}

/** What decides between defaults. */
export interface DefaultContext {
  readonly versions: Versions;
  readonly preset: string;
  /** What an environment file has, by key; goes before the preset's figures. */
  readonly figures?: Readonly<Record<string, { readonly value: string }>>;
}

/** The text of a default, or undefined when nothing holds. */
export function defaultText(
  option: Pick<Option<unknown, ScalarInput>, "default" | "key">,
  context: DefaultContext,
): string | undefined {
  const value = option.default;
  if (typeof value === "string" || value === undefined) return value;
  if ("required" in value) return undefined;
  if ("presets" in value) return context.figures?.[option.key]?.value ?? value.presets[context.preset]?.value;
  return isBefore(context.versions[value.of], value.release) ? value.before : value.from;
}

function isBefore(version: string, release: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const [releaseMajor = 0, releaseMinor = 0] = release.split(".").map(Number);
  return major < releaseMajor || (major === releaseMajor && minor < releaseMinor);
}
