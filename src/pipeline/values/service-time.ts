import type { ServiceTime } from "../pipeline.ts";
import { physicalDuration } from "./duration.ts";
import { read, type ValueType, wanted } from "./value-type.ts";

const SHAPED = /^(?:(exponential|gamma|parked)\s+)?(.*?)(?:\s+shape\s+(\d{1,4}(?:\.\d{1,6})?))?$/i;

/** Time an operator takes for one record: `0.3 ms`, `exponential 0.3 ms`, `gamma 0.3 ms shape 4`, or `parked 2 ms`: a
 *  thread that waits so long and wakes up late, as one that calls another system does. */
export function serviceTime(): ValueType<ServiceTime, string> {
  const text =
    'a service time such as "0.3 ms", "exponential 0.3 ms", "gamma 0.3 ms shape 4" or "parked 2 ms"';
  const duration = physicalDuration();
  return {
    name: "service time",
    unit: "time a record, as written",
    wanted: text,
    examples: ["0.3 ms", "exponential 0.3 ms", "gamma 0.3 ms shape 4", "parked 2 ms"],
    jsonTypes: ["string"],
    read(input) {
      const [, kind, amount = "", shape] = SHAPED.exec(input) ?? [];
      const mean = duration.read(amount);
      if (!mean.ok) return wanted(mean.wanted === duration.wanted ? text : mean.wanted);
      switch (kind?.toLowerCase()) {
        case undefined:
          return shape === undefined ? read({ kind: "constant", value: mean.value }) : wanted(text);
        case "parked":
          return shape === undefined ? read({ kind: "parked", value: mean.value }) : wanted(text);
        case "exponential":
          return shape === undefined ? read({ kind: "gamma", mean: mean.value, shape: 1 }) : wanted(text);
        default: {
          const number = shape === undefined ? Number.NaN : Number(shape);
          if (!(number >= 0.1 && number <= 1000)) return wanted(`${text}, the shape from 0.1 to 1000`);
          return read({ kind: "gamma", mean: mean.value, shape: number });
        }
      }
    },
  };
}

/** Service time of one subtask that differs from the others: `0: 2.4 ms`. */
export function subtaskServiceTime(): ValueType<
  { readonly subtask: number; readonly serviceTime: ServiceTime },
  string
> {
  const text = 'a subtask and its service time such as "0: 2.4 ms"';
  const time = serviceTime();
  return {
    name: "service time of a subtask",
    unit: "time a record, as written",
    wanted: text,
    examples: ["0: 2.4 ms", "3: exponential 1 ms"],
    jsonTypes: ["string"],
    read(input) {
      const [, subtask, rest = ""] = /^(\d{1,5})\s*:\s*(.+)$/.exec(input) ?? [];
      if (subtask === undefined) return wanted(text);
      const reading = time.read(rest);
      if (!reading.ok) return reading;
      return read({ subtask: Number(subtask), serviceTime: reading.value });
    },
  };
}
