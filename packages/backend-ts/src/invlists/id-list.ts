import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';

/** A growing list of ids, in kernel memory as float64. */
export class IdList {
  readonly #engine: Engine;
  readonly #ids: GrowingStore;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#ids = new GrowingStore(engine, 8);
  }

  get size(): number {
    return this.#ids.size;
  }

  /** The ids, a view that holds until the next change. */
  get values(): Float64Array {
    return this.#engine.memory.f64(this.#ids.ptr, this.#ids.size);
  }

  /** Where the first id is, in kernel memory. */
  get ptr(): Ptr {
    return this.#ids.ptr;
  }

  /** Makes room for `n` more at once. */
  reserve(n: number): void {
    this.#ids.reserve(n);
  }

  /** Adds `n` ids of undefined contents; returns where the first is. */
  extend(n: number): Ptr {
    return this.#ids.extend(n);
  }

  /** Appends all of `ids`, each raised by `addId`. */
  append(ids: Float64Array, addId = 0): void {
    const at = this.#ids.extend(ids.length);
    const added = this.#engine.memory.f64(at, ids.length);
    added.set(ids);
    if (addId !== 0) for (let i = 0; i < added.length; i++) added[i]! += addId;
  }

  /** Becomes `ids`: the very array if it was given over, else a copy. The list is empty. */
  load(ids: Float64Array): void {
    this.#ids.load(ids, ids.length);
  }

  /** Takes `n` ids at `ptr` over, where they are; none at 0 forgets those. */
  adopt(ptr: Ptr, n: number): void {
    this.#ids.adopt(ptr, n);
  }

  /** Keeps entry i where `keep[i]` is 1, in order. */
  retain(keep: Uint8Array): void {
    this.#ids.retain(keep);
  }

  map(f: (id: number) => number): void {
    const { values } = this;
    for (let i = 0; i < values.length; i++) values[i] = f(values[i]!);
  }

  clear(): void {
    this.#ids.clear();
  }
}
