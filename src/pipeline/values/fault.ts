import {
  type FaultAction,
  type FaultTime,
  LINK_ENDS,
  type LinkEnd,
  type LinkTarget,
  type MessageKind,
  MOMENTS,
  type Moment,
  type ProcessTarget,
  type StorageFault,
  type TaskTarget,
} from "../../faults/index.ts";
import { nearest } from "../nearest.ts";
import { physicalDuration } from "./duration.ts";
import { type Reading, read, type ValueType, wanted } from "./value-type.ts";

/** What a fault's text says: all but its name. */
export interface FaultText {
  readonly action: FaultAction;
  readonly time: FaultTime;
}

const EXAMPLE = 'a fault such as "kill taskmanager-1 at 30 s"';
const DAY = 86_400e9;
const time = physicalDuration({ max: 100 * DAY });
const length = physicalDuration({ min: 1, max: 100 * DAY });

/** `times always`: as often as anything can happen in a run. */
export const ALWAYS = 1e9;

/** Words that begin a clause; what stands before the first is the object. */
const CLAUSES = ["at", "when", "every", "from", "until", "shape", "for", "repair", "by", "to", "with", "times"] as const; // biome-ignore format: one line
type Clause = (typeof CLAUSES)[number];

class FaultReading {
  readonly #clauses: ReadonlyMap<string, string>;
  readonly #used = new Set<string>();
  problem: string | undefined;

  constructor(clauses: ReadonlyMap<string, string>) {
    this.#clauses = clauses;
  }

  text(clause: Clause): string | undefined {
    this.#used.add(clause);
    return this.#clauses.get(clause);
  }

  fail(problem: string): void {
    this.problem ??= problem;
  }

  duration(clause: Clause, isRequired: true): number;
  duration(clause: Clause, isRequired: false): number | undefined;
  duration(clause: Clause, isRequired: boolean): number | undefined {
    const text = this.text(clause)?.replace(/^after\s+/, "");
    if (text === undefined) {
      if (isRequired) this.fail(`"${clause}" and a duration, as in "${clause} 10 s"`);
      return isRequired ? 1 : undefined;
    }
    const reading = (clause === "at" || clause === "from" ? time : length).read(text);
    if (reading.ok) return reading.value;
    this.fail(`${reading.wanted} after "${clause}"`);
    return 1;
  }

  /** One instant, or several with "and" between them; undefined: none is written. */
  instants(clause: Clause): readonly number[] | undefined {
    const texts = this.text(clause)?.split(/\s+and\s+/);
    return texts?.map((text) => {
      const reading = time.read(text);
      if (reading.ok) return reading.value;
      this.fail(`${reading.wanted} after "${clause}"`);
      return 1;
    });
  }

  number(clause: Clause, what: string, least: number, otherwise?: number): number {
    const text = this.text(clause);
    if (text === undefined && otherwise !== undefined) return otherwise;
    const value = Number(text?.replace(/x$/, "") ?? Number.NaN);
    if (value >= least && value <= 1e9) return value;
    this.fail(`"${clause}" and ${what}, as in "${clause} ${Math.max(2, least)}"`);
    return least;
  }

  /** How often: 1 unless written, as a number or as `always`. */
  times(): number {
    if (this.#clauses.get("times") !== "always") return this.number("times", "how often", 1, 1);
    this.#used.add("times");
    return ALWAYS;
  }

  unused(): string | undefined {
    return [...this.#clauses.keys()].find((clause) => !this.#used.has(clause));
  }
}

/** A fault in words: what happens to whom, and when. */
export function fault(): ValueType<FaultText, string> {
  return {
    name: "fault",
    unit: "times as written",
    wanted: EXAMPLE,
    examples: [
      "kill taskmanager-1 at 30 s",
      "freeze taskmanager-2 at 1 min for 10 s",
      "fail enrich/join[0] when checkpoint 7 completed",
      "kill broker-1 every 1 h repair 30 s",
    ],
    jsonTypes: ["string"],
    read: readFault,
  };
}

function readFault(text: string): Reading<FaultText> {
  const [verb = "", ...words] = text.trim().replaceAll(",", " ").split(/\s+/);
  const read_ = VERBS[verb];
  if (read_ === undefined) {
    const meant = nearest(verb, Object.keys(VERBS));
    return wanted(
      `${EXAMPLE}: it begins with one of ${Object.keys(VERBS).join(", ")}${meant ? ` (did you mean ${meant}?)` : ""}`,
    );
  }
  const { object, clauses, twice } = splitClauses(words, verb);
  if (twice !== undefined) return wanted(`"${twice}" once`);
  const reading = new FaultReading(clauses);
  const action = read_(object, reading, verb);
  const when = verb === "poison" ? ({ kind: "at", time: 0 } as const) : readTime(reading);
  const unused = reading.unused();
  if (unused !== undefined) reading.fail(`no "${unused}" in a fault that says ${verb}`);
  if (reading.problem !== undefined) return wanted(reading.problem);
  return read({ action: action!, time: when! });
}

function splitClauses(
  words: readonly string[],
  verb: string,
): { object: string; clauses: Map<string, string>; twice: string | undefined } {
  const clauses = new Map<string, string>();
  const object: string[] = [];
  let twice: string | undefined;
  let current: string | undefined;
  let inMoment = false;
  for (const word of words) {
    // A restart says from where, a link may be called "to".
    const isClause =
      (CLAUSES as readonly string[]).includes(word) && !(inMoment && word !== "for" && word !== "repair");
    if (isClause && !(word === "to" && verb === "cut")) {
      if (clauses.has(word)) twice ??= word;
      clauses.set(word, "");
      current = word;
      inMoment = word === "when";
    } else if (current === undefined) object.push(word);
    else clauses.set(current, `${clauses.get(current)} ${word}`.trim());
  }
  return { object: object.join(" "), clauses, twice };
}

type ReadAction = (object: string, reading: FaultReading, verb: string) => FaultAction | undefined;

const VERBS: Readonly<Record<string, ReadAction>> = {
  kill: readKill,
  lose: readKill,
  freeze(object, reading) {
    const target = processOf(object, reading);
    const duration = reading.duration("for", true);
    return target && { kind: "freeze", target, duration };
  },
  fail(object, reading) {
    const target = taskOf(object, reading);
    return target && { kind: "fail", target };
  },
  poison(object, reading) {
    const target = taskOf(object, reading);
    const [, partition, offset] =
      /^partition\s*(\d{1,6})\s*offset\s*(\d{1,15})$/.exec(reading.text("with") ?? "") ?? [];
    const times = reading.times();
    if (partition === undefined || offset === undefined) {
      reading.fail('the record it throws at, as in "with partition 0 offset 1200"');
      return undefined;
    }
    return (
      target && { kind: "poison", target, topicPartition: Number(partition), offset: Number(offset), times }
    );
  },
  slow(object, reading) {
    const target = taskOf(object, reading);
    const factor = reading.number("by", "a factor", 1);
    const duration = reading.duration("for", true);
    return target && { kind: "slow", target, factor, duration };
  },
  "slow-disk"(object, reading) {
    const target = processOf(object, reading);
    const factor = reading.number("by", "a factor", 1);
    const duration = reading.duration("for", true);
    if (target === undefined) return undefined;
    if (target.kind !== "broker") {
      reading.fail('a broker such as "broker-1"');
      return undefined;
    }
    return { kind: "slow-disk", broker: target.number, factor, duration };
  },
  elect(object, reading) {
    const [, topic, partition, unclean] = /^([\w.-]+?)(?:-(\d{1,6}))?(\s+unclean)?$/.exec(object) ?? [];
    if (topic === undefined) {
      reading.fail('a topic or one of its partitions, as in "elect orders-0"');
      return undefined;
    }
    return {
      kind: "elect",
      topic,
      topicPartition: partition === undefined ? undefined : Number(partition),
      unclean: unclean !== undefined,
    };
  },
  cut(object, reading) {
    const link = linkOf(object, reading);
    const duration = reading.duration("for", true);
    return link && { kind: "cut", link, duration };
  },
  delay(object, reading) {
    if (!/[<>]/.test(object)) {
      const by = reading.duration("by", true);
      const picked = messageOf(object, reading);
      return picked && { kind: "delay-message", ...picked, by };
    }
    const link = linkOf(object, reading);
    const by = reading.duration("by", true);
    const duration = reading.duration("for", true);
    return link && { kind: "delay", link, by, duration };
  },
  drop: readMessageFault,
  duplicate: readMessageFault,
  storage(object, reading) {
    const mode = STORAGE_FAULTS.find((one) => one === object);
    const factor = mode === "slow" ? reading.number("by", "a factor", 1) : 1;
    const duration = reading.duration("for", true);
    if (mode === undefined) reading.fail(`storage and one of ${STORAGE_FAULTS.join(", ")}`);
    return mode && { kind: "storage", mode, factor, duration };
  },
  cancel(object, reading) {
    const what = reading.text("with");
    if (what !== undefined && what !== "savepoint") reading.fail('"with savepoint", or nothing');
    return operate(object, reading, { kind: what === undefined ? "cancel" : "cancel-with-savepoint" });
  },
  savepoint: (object, reading) => operate(object, reading, { kind: "savepoint" }),
  "stop-with-savepoint"(object, reading) {
    const [job = "", drain] = object.split(" ");
    return operate(job, reading, { kind: "stop-with-savepoint", drain: drain === "drain" });
  },
  restart(object, reading) {
    return operate(object, reading, {
      kind: "restart",
      ...restartFrom(reading, "latest"),
      parallelism: undefined,
      transactionalIdPrefix: undefined,
    });
  },
  rescale(object, reading) {
    const parallelism = Math.trunc(reading.number("to", "a parallelism", 1));
    return operate(object, reading, {
      kind: "restart",
      ...restartFrom(reading, "savepoint"),
      parallelism,
      transactionalIdPrefix: undefined,
    });
  },
  rename(object, reading) {
    const prefix = reading.text("to");
    if (!prefix) reading.fail('the new transactional-id prefix, as in "to enrich-2"');
    return operate(object, reading, {
      kind: "restart",
      from: "latest",
      checkpoint: 0,
      parallelism: undefined,
      transactionalIdPrefix: prefix,
    });
  },
};

const STORAGE_FAULTS: readonly StorageFault[] = ["slow", "unavailable", "full", "metadata-fails"];
const MESSAGES: readonly MessageKind[] = ["notifyCheckpointComplete", "EndTxn request", "EndTxn response", "Produce request", "Produce response", "WriteTxnMarkers request"]; // biome-ignore format: one line

function readKill(object: string, reading: FaultReading, verb: string): FaultAction | undefined {
  const target = processOf(object, reading);
  const repair = reading.duration("repair", false);
  return target && { kind: "kill", target, silent: verb === "lose", repair };
}

function restartFrom(
  reading: FaultReading,
  otherwise: "latest" | "savepoint",
): { readonly from: "latest" | "savepoint" | "nothing"; readonly checkpoint: number } {
  const [, from, back] =
    /^(latest|savepoint|nothing)(?:\s*-\s*(\d{1,4}))?$/.exec(reading.text("from") ?? otherwise) ?? [];
  if (from === undefined) reading.fail("from latest, latest - 1, savepoint or nothing");
  return { from: (from ?? otherwise) as "latest" | "savepoint" | "nothing", checkpoint: Number(back ?? 0) };
}

function readMessageFault(object: string, reading: FaultReading, verb: string): FaultAction | undefined {
  const picked = messageOf(object, reading);
  return picked && { kind: verb as "drop" | "duplicate", ...picked };
}

function messageOf(
  object: string,
  reading: FaultReading,
): { readonly message: MessageKind; readonly job: string | undefined; readonly times: number } | undefined {
  const times = reading.times();
  const [, name = "", job] = /^(.+?)(?:\s+of\s+([\w.-]+))?$/.exec(object) ?? [];
  const message = MESSAGES.find((one) => one === name);
  if (message === undefined) reading.fail(`one of ${MESSAGES.join(", ")}`);
  return message && { message, job, times };
}

function operate(
  job: string,
  reading: FaultReading,
  action: (FaultAction & { readonly kind: "operate" })["action"],
): FaultAction | undefined {
  if (!/^[\w.-]+$/.test(job)) {
    reading.fail("the name of a job");
    return undefined;
  }
  return { kind: "operate", job, action };
}

function processOf(text: string, reading: FaultReading): ProcessTarget | undefined {
  const [, kind, number] = /^(taskmanager|broker)-([1-9]\d{0,4})$/.exec(text) ?? [];
  if (kind !== undefined) return { kind: kind as "taskmanager" | "broker", number: Number(number) };
  if (text === "jobmanager") return { kind: "jobmanager" };
  reading.fail('a process: "taskmanager-1", "broker-1" or "jobmanager"');
  return undefined;
}

function taskOf(text: string, reading: FaultReading): TaskTarget | undefined {
  const [, job, vertex, subtask] = /^([\w.-]+)(?:\/([\w.-]+))?(?:\[(\d{1,5})\])?$/.exec(text) ?? [];
  if (job === undefined) {
    reading.fail('a task: "enrich" (a job), "enrich/join" (a vertex) or "enrich/join[0]" (a subtask)');
    return undefined;
  }
  return { job, vertex, subtask: subtask === undefined ? undefined : Number(subtask) };
}

function linkOf(text: string, reading: FaultReading): LinkTarget | undefined {
  const [, left = "", arrow, right = ""] = /^(\S+)\s*(<->|->)\s*(\S+)$/.exec(text) ?? [];
  if (arrow === undefined) {
    reading.fail(
      'a link such as "taskmanager-1 <-> broker-1", "broker-1 <-> controller" or "readers -> brokers"',
    );
    return undefined;
  }
  const from = endOf(left, reading);
  const to = endOf(right, reading);
  return from && to && { from, to, oneWay: arrow === "->" };
}

const PROCESS = /^(?:jobmanager|(?:taskmanager|broker)-[1-9]\d{0,4})$/;

/** Whether `text` as an end of a link stands for a process or a group, so that no reader or producer can be meant by it. */
export function isReservedLinkEnd(text: string): boolean {
  return PROCESS.test(text) || LINK_ENDS.some((one) => one === text);
}

function endOf(text: string, reading: FaultReading): LinkEnd | undefined {
  const group = LINK_ENDS.find((one) => one === text);
  if (group !== undefined) return group;
  if (PROCESS.test(text)) return processOf(text, reading);
  if (/^[\w.-]+$/.test(text)) return { kind: "client", name: text };
  reading.fail(
    'an end of a link: "taskmanager-1", "broker-1", "controller", or the name of a reader or producer',
  );
  return undefined;
}

function readTime(reading: FaultReading): FaultTime | undefined {
  const at = reading.instants("at");
  const when = reading.text("when");
  const mean = reading.duration("every", false);
  if ([at, when, mean].filter((one) => one !== undefined).length !== 1) {
    reading.fail('one time: "at 30 s", "when checkpoint 7 completed" or "every 1 h"');
    return undefined;
  }
  if (at !== undefined) return at.length === 1 ? { kind: "at", time: at[0]! } : { kind: "trace", times: at };
  if (when !== undefined) return readMoment(when, reading);
  return {
    kind: "every",
    mean: mean!,
    shape: reading.number("shape", "the shape of a Weibull distribution (1: exponential)", 0.01, 1),
    from: reading.duration("from", false) ?? 0,
    until: reading.duration("until", false) ?? Number.POSITIVE_INFINITY,
  };
}

const MOMENT_DETAILS =
  /^(?:of checkpoint (\d{1,9}))?\s*(?:of (?!checkpoint)([\w.-]+))?\s*(?:(\d{1,9})(?:st|nd|rd|th) time)?\s*(?:plus (.+))?$/;
const CHECKPOINT_MOMENT = /^checkpoint\s+(\d{1,9})\s+(\w+)/;

/** `checkpoint 7 completed`, `EndTxn sent of checkpoint 7`, `pre-committed of enrich 3rd time plus 5 ms`. */
function readMoment(text: string, reading: FaultReading): FaultTime | undefined {
  const short = text.replace(CHECKPOINT_MOMENT, "checkpoint $2 of checkpoint $1");
  const moment = MOMENTS.find((one) => short === one || short.startsWith(`${one} `));
  const rest = short.slice(moment?.length ?? 0).trim();
  const matched = moment === undefined ? null : MOMENT_DETAILS.exec(rest);
  const [, checkpoint, job, occurrence = "1", plus] = matched ?? [];
  const after = plus === undefined ? undefined : time.read(plus);
  if (matched === null || after?.ok === false) {
    reading.fail(
      `a moment such as "checkpoint 7 completed" or "EndTxn sent 3rd time plus 5 ms": one of ${MOMENTS.join(", ")}`,
    );
    return undefined;
  }
  return {
    kind: "when",
    moment: moment as Moment,
    job,
    checkpoint: checkpoint === undefined ? undefined : Number(checkpoint),
    occurrence: Math.max(1, Number(occurrence)),
    after: after?.ok ? after.value : 0,
  };
}
