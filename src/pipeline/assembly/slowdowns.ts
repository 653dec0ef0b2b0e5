/** By how much the subtasks of a job are slowed down: faults that overlap multiply. */
export class Slowdowns {
  #slowdowns: { readonly subtask: number; readonly factor: number; readonly until: number }[] = [];

  /** A subtask takes `factor` times as long for a record until `until`, ns. */
  add(subtask: number, factor: number, until: number): void {
    this.#slowdowns.push({ subtask, factor, until });
  }

  /** Brings `slowness`, per subtask, up to `now`, ns.
   *  @returns the subtasks whose changed, each with how many times as slow it is as before. */
  settle(slowness: number[], now: number): readonly (readonly [subtask: number, ratio: number])[] {
    this.#slowdowns = this.#slowdowns.filter(({ until }) => until > now);
    const before = [...slowness];
    slowness.fill(1);
    for (const { subtask, factor } of this.#slowdowns) slowness[subtask]! *= factor;
    return before.flatMap((old, subtask) =>
      slowness[subtask] === old ? [] : [[subtask, slowness[subtask]! / old] as const],
    );
  }
}
