/** One for all empty lists: an index may have very many. */
const NONE: Float64Array = new Float64Array(0);

/** A growing list of ids. */
export class IdList {
  #ids: Float64Array = NONE;
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

  /** Appends all of `ids`, each raised by `addId`. */
  append(ids: Float64Array, addId = 0): void {
    this.reserve(ids.length);
    this.#ids.set(ids, this.#size);
    if (addId !== 0) for (let i = this.#size; i < this.#size + ids.length; i++) this.#ids[i]! += addId;
    this.#size += ids.length;
  }

  /** Keeps entry i where `keep[i]` is 1, in order. */
  retain(keep: Uint8Array): void {
    let kept = 0;
    for (let i = 0; i < this.#size; i++) if (keep[i] === 1) this.#ids[kept++] = this.#ids[i]!;
    this.#size = kept;
  }

  map(f: (id: number) => number): void {
    for (let i = 0; i < this.#size; i++) this.#ids[i] = f(this.#ids[i]!);
  }

  clear(): void {
    this.#ids = NONE;
    this.#size = 0;
  }
}
