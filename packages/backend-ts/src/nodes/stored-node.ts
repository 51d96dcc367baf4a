import { viewRows } from '../clustering/row-view.js';
import { keepMask } from '../keep-mask.js';
import type { Prepared } from '../node.js';
import type { RowCoder } from '../quantizers/row-coder.js';
import type { Task } from '../task.js';

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
export abstract class EncodedNode<S extends CodeStore, C extends RowCoder> extends StoredNode<S> {
  readonly d: number;
  protected readonly coder: C;

  constructor(store: S, coder: C) {
    super(store);
    this.d = coder.d;
    this.coder = coder;
  }

  get isTrained(): boolean {
    return this.coder.isTrained;
  }

  train(x: Float32Array, n: number, task: Task): Promise<void> {
    return this.coder.train(viewRows(x, n, this.d), task);
  }

  prepare(x: Float32Array, n: number): { codes: Uint8Array } {
    return { codes: this.coder.encode(x, n) };
  }

  add(x: Float32Array, n: number, _ids?: Float64Array, { codes }: Prepared = {}): void {
    this.store.append(codes ?? this.coder.encode(x, n), n);
  }
}
