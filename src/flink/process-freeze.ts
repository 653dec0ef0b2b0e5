/** Models: a task whose process stands still: what would happen to it meanwhile happens when the process goes on, in the order in
 *    which it came.
 *  Source: SIGSTOP and SIGCONT: a stopped process handles neither timers nor messages.
 *  Leaves out: that its sinks, uploads and queued buffers stand still as well. */

export class ProcessFreeze {
  #isFrozen = false;
  readonly #atThaw: (() => void)[] = [];

  get isFrozen(): boolean {
    return this.#isFrozen;
  }

  begin(): void {
    this.#isFrozen = true;
  }

  /** The process goes on, with what has waited first. */
  end(): void {
    this.#isFrozen = false;
    for (const action of this.#atThaw.splice(0)) action();
  }

  /** @returns whether the process stands still: then `action` happens when it goes on. */
  defers(action: () => void): boolean {
    if (this.#isFrozen) this.#atThaw.push(action);
    return this.#isFrozen;
  }
}
