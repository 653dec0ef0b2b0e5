/** A hash of what came out of a run: cuts, checkpoints and commits with their times, in order. Two 32-bit lanes of
 *  MurmurHash3 body steps. */
export class OutcomeFingerprint {
  #a = 0x9e3779b9 | 0;
  #b = 0x85ebca6b | 0;

  /** @param kind small integer. @param what and @param at integers below 2^53. */
  add(kind: number, what: number, at: number): void {
    this.#mix(kind);
    this.#mix(what | 0);
    this.#mix(Math.floor(at / 4294967296));
    this.#mix(at | 0);
  }

  #mix(word: number): void {
    let k = Math.imul(word, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    this.#a ^= Math.imul(k, 0x1b873593);
    this.#a = (Math.imul((this.#a << 13) | (this.#a >>> 19), 5) + 0xe6546b64) | 0;
    this.#b ^= Math.imul(k, 0x38b34ae5);
    this.#b = (Math.imul((this.#b << 17) | (this.#b >>> 15), 5) + 0x561ccd1b) | 0;
  }

  /** 16 hexadecimal digits. */
  digest(): string {
    const hex = (lane: number) => (lane >>> 0).toString(16).padStart(8, "0");
    return hex(this.#a) + hex(this.#b);
  }
}
