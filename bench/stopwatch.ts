/** Seconds of processor time that this thread has used since it was made. Not wall-clock time: on an idle machine the two are the
 *  same, and on a busy one only this one says what the program costs. What V8 does in other threads, compiling and collecting
 *  garbage, isn't in it, as it isn't in the wall-clock time of an idle machine with a second core. */
export class Stopwatch {
  readonly #start = process.threadCpuUsage();

  get seconds(): number {
    const { user, system } = process.threadCpuUsage(this.#start);
    return (user + system) / 1e6;
  }
}
