/** What a YAML scalar or a TypeScript module may hold. */
export type ScalarInput = string | number | boolean;

/** A value read, or what was wanted in its place (the end of "got …, wanted …"). */
export type Reading<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly wanted: string };

/** How one kind of value is written: its grammar, its unit, and the words for a wrong one. */
export interface ValueType<Value, Input extends ScalarInput = string | number> {
  /** for tables, such as `duration`. */
  readonly name: string;
  /** unit of a bare number, or of the value when it has none. Never empty. */
  readonly unit: string;
  /** for messages, such as `a duration such as "10 s"`. */
  readonly wanted: string;
  /** texts that are accepted; the first stands in for a broken value while the rest of a file is checked. */
  readonly examples: readonly [string, ...string[]];
  /** the closed set of values, where there is one. */
  readonly choices?: readonly string[];
  /** JSON Schema types of what is accepted. */
  readonly jsonTypes: readonly ("string" | "number" | "boolean")[];
  readonly read: (text: string) => Reading<Value>;
  /** Never set: carries the type of the input. */
  readonly input?: Input;
}

/** The value a type yields. */
export type ValueOf<Type> =
  Type extends ValueType<infer Value, infer _Input extends ScalarInput> ? Value : never;

/** What may be written for a type. */
export type InputOf<Type> =
  Type extends ValueType<infer _Value, infer Input extends ScalarInput> ? Input : never;

export function read<Value>(value: Value): Reading<Value> {
  return { ok: true, value };
}

export function wanted(text: string): { readonly ok: false; readonly wanted: string } {
  return { ok: false, wanted: text };
}
