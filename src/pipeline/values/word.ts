import { read, type ValueType, wanted } from "./value-type.ts";

/** `true` or `false`, case aside. */
export function flag(): ValueType<boolean, boolean | "true" | "false"> {
  return {
    name: "boolean",
    unit: "true or false",
    wanted: "true or false",
    examples: ["true", "false"],
    choices: ["true", "false"],
    jsonTypes: ["boolean"],
    read(input) {
      const value = input.toLowerCase();
      return value === "true" || value === "false" ? read(value === "true") : wanted("true or false");
    },
  };
}

/** One of a closed set, case aside; `-` and `_` are the same, as in Flink's enums. `others` maps further spellings. */
export function choice<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
  others: Readonly<Record<string, Choice>> = {},
): ValueType<Choice, string | number> {
  return oneOf(choices, others, fold);
}

/** One of a closed set, spelt exactly so, as Kafka reads its enums. */
export function exactChoice<const Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
  others: Readonly<Record<string, Choice>> = {},
): ValueType<Choice, string | number> {
  return oneOf(choices, others, (name) => name);
}

function oneOf<Choice extends string>(
  choices: readonly [Choice, ...Choice[]],
  others: Readonly<Record<string, Choice>>,
  spelling: (name: string) => string,
): ValueType<Choice, string | number> {
  const known = new Map<string, Choice>(choices.map((name) => [spelling(name), name]));
  for (const [name, meant] of Object.entries(others)) known.set(spelling(name), meant);
  const text =
    choices.length === 1 ? `"${choices[0]}"` : `one of ${choices.map((name) => `"${name}"`).join(", ")}`;
  return {
    name: "choice",
    unit: "name",
    wanted: text,
    examples: choices as readonly [string, ...string[]],
    choices,
    jsonTypes: ["string"],
    read(input) {
      const value = known.get(spelling(input));
      return value === undefined ? wanted(text) : read(value);
    },
  };
}

function fold(name: string): string {
  return name.toLowerCase().replaceAll("_", "-");
}

/** Free text of one line that the model doesn't read: a path, a class name, an address. */
export function text(what = "text", example = "text"): ValueType<string, string | number | boolean> {
  return {
    name: "text",
    unit: "text",
    wanted: what,
    examples: [example],
    jsonTypes: ["string", "number", "boolean"],
    read(input) {
      const printable = [...input].every((character) => character >= " " && character !== "\u007f");
      return input.length > 0 && input.length <= 1000 && printable ? read(input) : wanted(what);
    },
  };
}

const NAME = /^[A-Za-z0-9._-]{1,249}$/;

/** A name under Kafka's rule for topics; also used for jobs, producers, readers and operators. */
export function isName(input: string): boolean {
  return NAME.test(input) && input !== "." && input !== ".." && input !== "__proto__";
}

/** Words for {@link isName}. */
export const NAME_WANTED = 'a name of letters, digits, ".", "_" and "-"';

/** The name of a topic, an operator, a prefix. */
export function name(what: string, example: string): ValueType<string, string | number> {
  return {
    name: "name",
    unit: "name",
    wanted: what,
    examples: [example],
    jsonTypes: ["string"],
    read: (input) => (isName(input) ? read(input) : wanted(`${what}: ${NAME_WANTED}`)),
  };
}
