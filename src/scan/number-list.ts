/** A growing list of 32-bit numbers without sign: an ordinary array of a million takes four times the memory. */
export class NumberList {
  #numbers = new Uint32Array(1024);
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(value: number): void {
    if (this.#length === this.#numbers.length) this.#grow(1);
    this.#numbers[this.#length] = value;
    this.#length += 1;
  }

  pushAll(values: Uint32Array): void {
    this.#grow(values.length);
    this.#numbers.set(values, this.#length);
    this.#length += values.length;
  }

  /** Adds one value `count` times. */
  repeat(value: number, count: number): void {
    this.#grow(count);
    this.#numbers.fill(value, this.#length, this.#length + count);
    this.#length += count;
  }

  #grow(by: number): void {
    if (this.#length + by <= this.#numbers.length) return;
    const larger = new Uint32Array(Math.max(this.#length * 2, this.#length + by));
    larger.set(this.#numbers.subarray(0, this.#length));
    this.#numbers = larger;
  }

  at(index: number): number {
    return this.#numbers[index] as number;
  }
}
