/** A growing list of ids. */
export class IdList {
  #ids: Float64Array = new Float64Array(0);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The ids, a view that holds until the next push. */
  get values(): Float64Array {
    return this.#ids.subarray(0, this.#size);
  }

  /** Makes room for `n` more at once. */
  reserve(n: number): void {
    const wanted = this.#size + n;
    if (wanted <= this.#ids.length) return;
    const grown = new Float64Array(Math.max(wanted, Math.ceil(this.#ids.length * 1.25)));
    grown.set(this.values);
    this.#ids = grown;
  }

  push(id: number): void {
    if (this.#size === this.#ids.length) this.reserve(1);
    this.#ids[this.#size++] = id;
  }

  /** Keeps the entries that `keep` allows, in order. */
  retain(keep: (i: number) => boolean): void {
    let kept = 0;
    for (let i = 0; i < this.#size; i++) if (keep(i)) this.#ids[kept++] = this.#ids[i]!;
    this.#size = kept;
  }

  map(f: (id: number) => number): void {
    for (let i = 0; i < this.#size; i++) this.#ids[i] = f(this.#ids[i]!);
  }

  clear(): void {
    this.#ids = new Float64Array(0);
    this.#size = 0;
  }
}
