/** What a protocol step asks for: numeric effects in order, in one reusable list. */
export class Outbox {
  length = 0;
  readonly effects: number[] = [];
  readonly a: number[] = [];
  readonly b: number[] = [];

  add(effect: number, a = 0, b = 0): void {
    this.effects[this.length] = effect;
    this.a[this.length] = a;
    this.b[this.length] = b;
    this.length++;
  }

  clear(): void {
    this.length = 0;
  }
}
