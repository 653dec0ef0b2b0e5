import { mix32 } from "./seed-mixing.ts";

const TWO_TO_32 = 0x100000000;

/** A running 64-bit hash of the executed order: time, kind and payload of each event, in sequence. Two runs with the same
 *  fingerprint executed, but for a chance of about 2^-64, the same events in the same order. Not a cryptographic hash. */
export class OrderFingerprint {
  // In a typed array because a field that passes 2^31 would change its representation in mid-run.
  private readonly lanes = Int32Array.of(0x243f6a88, 0x85a308d3 | 0);

  add(time: number, kind: number, a: number, b: number): void {
    const lanes = this.lanes;
    let first = lanes[0]!;
    let second = lanes[1]!;
    first = Math.imul(first ^ (time | 0), 0x85ebca6b);
    second = Math.imul(second ^ (time / TWO_TO_32) ^ first, 0xc2b2ae35);
    first = Math.imul(first ^ (first >>> 15) ^ kind, 0x27d4eb2f);
    second = Math.imul(second ^ (second >>> 13) ^ a, 0x165667b1);
    first = Math.imul(first ^ (second >>> 16) ^ b, 0x9e3779b1);
    lanes[0] = first ^ (first >>> 14);
    lanes[1] = second + first;
  }

  /** The fingerprint so far: 16 hexadecimal digits. */
  digest(): string {
    const first = mix32(this.lanes[0]!);
    const second = mix32(this.lanes[1]! ^ first);
    return first.toString(16).padStart(8, "0") + second.toString(16).padStart(8, "0");
  }
}
