import { keepMask } from '../keep-mask.js';
import type { Prepared } from '../node.js';

/** Records in a row, one for each vector. */
export interface RecordStore {
  readonly size: number;
  /** Makes room for `n` more. */
  reserve(n: number): void;
  /** Keeps record i where `keep[i]` is 1, in order; returns how many went. */
  retain(keep: Uint8Array): number;
  clear(): void;
}

/** Records that are made of plain codes. */
export interface CodeStore extends RecordStore {
  /** Adds `n` codes. */
  append(codes: Uint8Array, n: number): void;
}

/** What nodes have in common that keep a record of each vector, which are counted from 0, and that take no parameters. */
export abstract class StoredNode<S extends RecordStore> {
  readonly keepsIds = false;
  protected readonly store: S;

  constructor(store: S) {
    this.store = store;
  }

  get ntotal(): number {
    return this.store.size;
  }

  reserve(n: number): void {
    this.store.reserve(n);
  }

  remove(test: (id: number) => boolean): number {
    return this.store.retain(keepMask(this.ntotal, test));
  }

  reset(): void {
    this.store.clear();
  }

  parameters(): Record<string, never> {
    return {};
  }

  setParameter(): void {}
}

/** The same of nodes whose records are codes: adding is encoding, which another thread may have done, and appending. */
export abstract class EncodedNode<S extends CodeStore> extends StoredNode<S> {
  /** The codes of x, `(n, d)`. */
  protected abstract encode(x: Float32Array, n: number): Uint8Array;

  prepare(x: Float32Array, n: number): { codes: Uint8Array } {
    return { codes: this.encode(x, n) };
  }

  add(x: Float32Array, n: number, _ids?: Float64Array, { codes }: Prepared = {}): void {
    this.store.append(codes ?? this.encode(x, n), n);
  }
}
