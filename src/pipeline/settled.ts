import { flinkOptions } from "./options/flink-options.ts";
import { type DefaultContext, defaultText, type Option, type Options } from "./options/option.ts";
import { environmentPreset } from "./presets/environment-presets.ts";
import type { ScalarInput } from "./values/value-type.ts";

/** The value of an option. */
export type OptionValue<O> =
  O extends Option<infer Value, infer _Input extends ScalarInput, infer _Required> ? Value : never;

/** Values that were written, by key. */
export type Written<O extends Options> = { readonly [Key in keyof O]?: OptionValue<O[Key]> | undefined };

/** What holds for each key: what was written, else what the place named by the preset sets, else the default for these
 *  releases and this preset. */
export class Defaults {
  readonly context: DefaultContext;

  constructor(context: DefaultContext) {
    this.context = context;
  }

  /** The value of an option that has a default. */
  of<O extends Options, Key extends keyof O & string>(
    table: O,
    written: Written<O>,
    key: Key,
  ): OptionValue<O[Key]> {
    const value: unknown = written[key] ?? this.#default(table, key);
    return value as OptionValue<O[Key]>;
  }

  /** The same for an option of Flink. */
  flink<Key extends keyof typeof flinkOptions & string>(
    written: Written<typeof flinkOptions>,
    key: Key,
  ): OptionValue<(typeof flinkOptions)[Key]> {
    return this.of(flinkOptions, written, key);
  }

  /** The same for an option without a default of its own; undefined: nothing holds. */
  optional<O extends Options, Key extends keyof O & string>(
    table: O,
    written: Written<O>,
    key: Key,
  ): OptionValue<O[Key]> | undefined {
    const value: unknown = written[key] ?? this.#read(table, key);
    return value as OptionValue<O[Key]> | undefined;
  }

  #default(table: Options, key: string): unknown {
    const value = this.#read(table, key);
    if (value === undefined) throw new Error(`Cannot default ${key}: its table has no readable default`);
    return value;
  }

  #read(table: Options, key: string): unknown {
    const option = table[key];
    if (option === undefined) return undefined;
    const ofPlace = environmentPreset(this.context.preset)?.options?.[key]?.[0];
    const text = ofPlace ?? defaultText(option, this.context);
    const reading = text === undefined ? undefined : option.type.read(text);
    return reading?.ok ? reading.value : undefined;
  }
}
