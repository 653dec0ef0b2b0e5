import type { Checkpoint, CompletedSubtask, RestAnswer } from "./flink-rest.ts";

/** A number that was derived: readable as its key's type, with where it comes from and how far it scatters. */
export interface DerivedFigure {
  readonly value: string;
  readonly source: string;
  readonly spread: string;
}

/** What measurements of a cluster say about its place, and about the job that ran there. */
export interface Calibration {
  /** Keys of `environment:`. */
  readonly figures: Readonly<Record<string, DerivedFigure>>;
  /** Of the job, not of the place: its pipeline file has these. */
  readonly observed: Readonly<Record<string, DerivedFigure>>;
  /** Why the rest is missing. */
  readonly notDerived: Readonly<Record<string, string>>;
}

/** Smaller state travels in the acknowledgement: execution.checkpointing.data-inline-threshold. */
const INLINE_BYTES = 20 * 1024;
/** Least difference of two snapshots that tells the cost of a byte from that of a file; REST counts whole ms. */
const BYTES_APART = 10 * 1024 ** 2;
const MEGABYTE = 1024 ** 2;

/** Derives what the answers hold. Every key of an environment that isn't among the figures is in `notDerived`, or is one
 *  that no answer could hold. */
export function calibrate(answers: readonly RestAnswer[]): Calibration {
  return new Derivation(answers).result();
}

class Derivation {
  readonly #answers: readonly RestAnswer[];
  readonly #figures: Record<string, DerivedFigure> = {};
  readonly #observed: Record<string, DerivedFigure> = {};
  readonly #notDerived: Record<string, string> = {};

  constructor(answers: readonly RestAnswer[]) {
    this.#answers = answers;
  }

  result(): Calibration {
    this.#snapshots();
    this.#calls();
    this.#checkpoints();
    this.#serviceTimes();
    this.#restarts();
    this.#restores();
    this.#unreachable();
    return { figures: this.#figures, observed: this.#observed, notDerived: this.#notDerived };
  }

  // ---- one subtask's snapshot

  #snapshots(): void {
    const all = this.#subtasks().flat();
    const files = this.#filesOf("subtasks");
    if (all.length === 0) {
      const missing = "no answer to …/checkpoints/details/ID/subtasks/ID with a completed subtask";
      for (const key of ["snapshot.sync", "snapshot.async", "storage.latency", "storage.bandwidth"])
        this.#notDerived[key] = missing;
      return;
    }
    const sync = all.map(({ checkpoint }) => checkpoint.sync);
    this.#figures["snapshot.sync"] = milliseconds(sync, `checkpoint.sync of ${count(all)}, ${files}`);
    const small = all.filter(({ state_size: bytes }) => bytes < INLINE_BYTES);
    const large = all.filter(({ state_size: bytes }) => bytes >= INLINE_BYTES);
    this.#async(small, files);
    this.#storage(small, large, files);
  }

  #async(small: readonly CompletedSubtask[], files: string): void {
    if (small.length === 0) {
      this.#notDerived["snapshot.async"] =
        "every subtask wrote a file, so the asynchronous part can't be told from the storage";
      return;
    }
    const times = small.map(({ checkpoint }) => checkpoint.async);
    const source = `checkpoint.async of ${count(small)} whose state went along with the acknowledgement, ${files}`;
    this.#figures["snapshot.async"] = milliseconds(times, source);
  }

  /** Duration of the asynchronous part as a line over the bytes: a file, and so much a byte. */
  #storage(small: readonly CompletedSubtask[], large: readonly CompletedSubtask[], files: string): void {
    if (large.length === 0) {
      const missing = "no subtask had more state than goes along with the acknowledgement (20 kb)";
      this.#notDerived["storage.latency"] = missing;
      this.#notDerived["storage.bandwidth"] = missing;
      return;
    }
    const bytes = large.map(({ state_size: size }) => size);
    const times = large.map(({ checkpoint }) => checkpoint.async);
    const apart = Math.max(...bytes) - Math.min(...bytes);
    const slope = apart >= BYTES_APART ? slopeOf(bytes, times) : 0;
    if (slope > 0) {
      this.#figures["storage.bandwidth"] = {
        value: `${round(1000 / slope / MEGABYTE)} mb/s`,
        source: `slope of checkpoint.async over state_size, ${count(large)}, ${files}`,
        spread: `${sizeText(Math.min(...bytes))} to ${sizeText(Math.max(...bytes))}`,
      };
    } else {
      this.#notDerived["storage.bandwidth"] =
        apart >= BYTES_APART
          ? "snapshots with more state took no longer"
          : `no two snapshots differ by ${sizeText(BYTES_APART)} or more, so a byte's share can't be told from a file's`;
    }
    const before = mean(small.map(({ checkpoint }) => checkpoint.async));
    const rest = large.map(({ checkpoint, state_size: size }) => checkpoint.async - before - slope * size);
    this.#figures["storage.latency"] = milliseconds(
      rest.map((time) => Math.max(0, time)),
      `checkpoint.async of ${count(large)} that wrote a file, less the asynchronous part of those that wrote none, ${files}`,
    );
  }

  // ---- JobManager to TaskManager and back

  #calls(): void {
    const vertices = this.#subtasks().filter((one) => one.length > 0);
    if (vertices.length < 2) {
      this.#notDerived["flink.rpc"] =
        "needs the subtasks of two vertices at least, to tell a source's start delay from a barrier's way";
      return;
    }
    const delay = (one: readonly CompletedSubtask[]): number => mean(one.map((each) => each.start_delay));
    const source = vertices.reduce((found, one) => (delay(one) < delay(found) ? one : found));
    const there = source.map((one) => one.start_delay);
    const back = vertices.flat().map((one) => {
      const { sync, async: asynchronous } = one.checkpoint;
      return Math.max(
        0,
        one.end_to_end_duration - one.start_delay - one.alignment.duration - sync - asynchronous,
      );
    });
    this.#figures["flink.rpc"] = milliseconds(
      [...there, ...back],
      "start_delay of the vertex with the smallest (a difference of two machines' clocks), and what the other times leave " +
        `of end_to_end_duration, ${this.#filesOf("subtasks")}`,
    );
  }

  // ---- whole checkpoints

  #checkpoints(): void {
    const history = this.#completed();
    const files = this.#filesOf("checkpoints", "checkpoint");
    if (history.length === 0) {
      const missing = "no answer to …/checkpoints with a completed checkpoint";
      for (const key of ["trigger-to-ack", "state-size", "state-growth"]) this.#notDerived[key] = missing;
      return;
    }
    const durations = history.map((one) => one.end_to_end_duration);
    this.#observed["trigger-to-ack"] = milliseconds(
      durations,
      `end_to_end_duration of ${history.length} completed checkpoints, ${files}`,
    );
    const sizes = history.map((one) => one.state_size);
    this.#observed["state-size"] = {
      value: `${sizes.at(-1)} B`,
      source: `state_size of the last of ${history.length} completed checkpoints, ${files}`,
      spread: `${Math.min(...sizes)} to ${Math.max(...sizes)} B`,
    };
    this.#growth(history, files);
  }

  /** Between the last checkpoint of the smallest size and the first of the largest. */
  #growth(history: readonly Checkpoint[], files: string): void {
    const sizes = history.map((one) => one.state_size);
    const from = sizes.lastIndexOf(Math.min(...sizes));
    const to = sizes.indexOf(Math.max(...sizes));
    const growing = from < to ? history.slice(from, to + 1) : [];
    if (growing.length < 2) {
      this.#notDerived["state-growth"] = "the state did not grow from one checkpoint to a later one";
      return;
    }
    const rates = growing.slice(1).map((one, i) => growthRate(growing[i]!, one));
    this.#observed["state-growth"] = {
      value: `${round(growthRate(growing[0]!, growing.at(-1)!))} B/s`,
      source: `state_size over trigger_timestamp while it grew, ${growing.length} completed checkpoints, ${files}`,
      spread: `${round(Math.min(...rates))} to ${round(Math.max(...rates))} B/s from one to the next`,
    };
  }

  // ---- the job

  #serviceTimes(): void {
    const vertices = this.#answers.flatMap((answer) => {
      if (answer.kind !== "metrics") return [];
      const values = new Map(answer.value.map(({ id, value }) => [id, Number(value)]));
      const subtasks = [...values.keys()].flatMap((id) => /^(\d+)\.busyTimeMsPerSecond$/.exec(id)?.[1] ?? []);
      return subtasks.length === 0 ? [] : [{ file: answer.file, values, subtasks }];
    });
    this.#accumulatedServiceTimes();
    if (vertices.length === 0 && !this.#answers.some(({ kind }) => kind === "job")) {
      this.#notDerived["service-time"] =
        "no answer to /jobs/ID or …/vertices/ID/metrics?get=0.busyTimeMsPerSecond,0.numRecordsInPerSecond,…";
    }
    for (const { file, values, subtasks } of vertices) {
      const times = subtasks.flatMap((subtask) => {
        const busy = values.get(`${subtask}.busyTimeMsPerSecond`) ?? Number.NaN;
        const records = values.get(`${subtask}.numRecordsInPerSecond`) ?? Number.NaN;
        return busy > 0 && records > 0 ? [busy / records] : [];
      });
      const key = `service-time of ${file}`;
      if (times.length === 0)
        this.#notDerived[key] =
          "busyTimeMsPerSecond or numRecordsInPerSecond is 0: too little load to see it";
      else {
        const source = `busyTimeMsPerSecond over numRecordsInPerSecond of ${times.length} subtasks`;
        this.#observed[key] = milliseconds(times, source);
      }
    }
  }

  /** Over the whole life of the job. */
  #accumulatedServiceTimes(): void {
    for (const answer of this.#answers) {
      if (answer.kind !== "job") continue;
      for (const { name, metrics } of answer.value.vertices) {
        const busy = metrics["accumulated-busy-time"];
        const records = metrics["read-records"];
        const key = `service-time of ${name}`;
        if (busy > 0 && records > 0) {
          const source = `accumulated-busy-time over read-records (${records}), ${answer.file}`;
          this.#observed[key] = { ...milliseconds([busy / records], source), spread: "none, a mean" };
        } else {
          this.#notDerived[key] =
            `accumulated-busy-time is ${busy} ms and read-records ${records}: a source, too little load, or metrics not yet fetched`;
        }
      }
    }
  }

  #restarts(): void {
    for (const answer of this.#answers) {
      if (answer.kind !== "job") continue;
      const { RESTARTING: restarting = 0, RUNNING: running = 0 } = answer.value.timestamps;
      if (restarting === 0) this.#notDerived["restart-delay"] = "the job never restarted";
      else if (running < restarting) this.#notDerived["restart-delay"] = "the job is restarting";
      else {
        const source = `timestamps.RESTARTING to timestamps.RUNNING of the last restart, ${answer.file}`;
        this.#observed["restart-delay"] = milliseconds([running - restarting], source);
      }
    }
  }

  #restores(): void {
    const restored = this.#answers.flatMap((answer) => {
      const at = answer.kind === "checkpoints" ? answer.value.latest.restored?.restore_timestamp : undefined;
      return at === undefined ? [] : [at];
    });
    const [at] = restored.toSorted((a, b) => b - a);
    if (at === undefined) {
      this.#notDerived["restore-time"] = "the job was never restored from a checkpoint";
      return;
    }
    const next = this.#completed().find((one) => one.trigger_timestamp >= at);
    if (next === undefined) {
      this.#notDerived["restore-time"] = "no checkpoint has completed since the last restore";
      return;
    }
    const time = next.trigger_timestamp + next.end_to_end_duration - at;
    this.#observed["restore-time"] = milliseconds(
      [time],
      `from the last restore to the end of checkpoint ${next.id}, the first after it, ${this.#filesOf("checkpoints")}`,
    );
  }

  /** What no answer of the API tells. */
  #unreachable(): void {
    this.#notDerived["taskmanager.start"] = "the REST API doesn't tell when a process was started";
    this.#notDerived["broker.round-trip"] =
      "Flink's REST API knows nothing of Kafka; measure it with a producer";
  }

  // ---- the answers

  /** Completed subtasks, vertex by vertex. */
  #subtasks(): CompletedSubtask[][] {
    return this.#answers.flatMap((answer) => {
      if (answer.kind !== "subtasks") return [];
      const completed = answer.value.subtasks.filter((one) => one.className === "completed");
      return [completed.filter(({ aborted }) => !aborted)];
    });
  }

  /** Completed checkpoints, oldest first, each once. */
  #completed(): Checkpoint[] {
    const found = new Map<number, Checkpoint>();
    for (const answer of this.#answers) {
      const all = answer.kind === "checkpoints" ? answer.value.history : [];
      const own = answer.kind === "checkpoint" ? [answer.value] : [];
      for (const one of [...all, ...own]) if (one.status === "COMPLETED") found.set(one.id, one);
    }
    return [...found.values()].toSorted((a, b) => a.id - b.id);
  }

  #filesOf(...kinds: readonly RestAnswer["kind"][]): string {
    return this.#answers
      .filter(({ kind }) => kinds.includes(kind))
      .map(({ file }) => file)
      .join(", ");
  }
}

function milliseconds(values: readonly number[], source: string): DerivedFigure {
  const low = Math.min(...values);
  const high = Math.max(...values);
  return {
    value: `${round(mean(values))} ms`,
    source,
    spread: `${round(low)} to ${round(high)} ms, n ${values.length}`,
  };
}

/** bytes a second */
function growthRate(one: Checkpoint, later: Checkpoint): number {
  return ((later.state_size - one.state_size) * 1000) / (later.trigger_timestamp - one.trigger_timestamp);
}

function count(subtasks: readonly unknown[]): string {
  return `${subtasks.length} subtask${subtasks.length === 1 ? "" : "s"}`;
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Slope of the least-squares line of y over x. */
function slopeOf(x: readonly number[], y: readonly number[]): number {
  const meanX = mean(x);
  const meanY = mean(y);
  let above = 0;
  let below = 0;
  x.forEach((value, i) => {
    above += (value - meanX) * (y[i]! - meanY);
    below += (value - meanX) ** 2;
  });
  return above / below;
}

/** Three significant digits, never an exponent. */
function round(value: number): string {
  return value === 0 ? "0" : String(Number(Number(value.toPrecision(3)).toFixed(6)));
}

function sizeText(bytes: number): string {
  return `${round(bytes / MEGABYTE)} mb`;
}
