import { type RowView, viewRows } from '../clustering/row-view.js';
import type { Task } from '../task.js';

/** Turns rows into codes of `codeSize` bytes, once it is trained. */
export interface RowQuantizer {
  readonly d: number;
  readonly codeSize: number;
  /** Rows that training looks at, at most; 0 if there is nothing to learn. */
  readonly maxTrainRows: number;
  train(points: RowView, task: Task): Promise<void>;
  /** The code of each row, `(n, codeSize)` into `codes`, which is zero. */
  encode(points: RowView, codes: Uint8Array): void;
  /** The vector that the code at byte `at` stands for, `(d)` into `out`. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void;
}

/** Codes of x, `(n, d)`: `(n, codeSize)` bytes. */
export function encodeRows(
  quantizer: Pick<RowQuantizer, 'd' | 'codeSize' | 'encode'>,
  x: Float32Array,
  n: number,
): Uint8Array {
  const codes = new Uint8Array(n * quantizer.codeSize);
  quantizer.encode(viewRows(x, n, quantizer.d), codes);
  return codes;
}

/** The codes of the vectors of an index without lists. */
export interface RowCoder {
  readonly d: number;
  /** Bytes of a code. */
  readonly codeSize: number;
  readonly isTrained: boolean;
  train(points: RowView, task: Task): Promise<void>;
  /** Codes of x, `(n, d)`. */
  encode(x: Float32Array, n: number): Uint8Array;
  /** Writes the vector of the code at byte `at`, `(d)`, into `out`. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void;
}

/** Those of a quantizer. */
export class QuantizerCoder<Q extends RowQuantizer> implements RowCoder {
  readonly quantizer: Q;
  isTrained: boolean;

  constructor(quantizer: Q, isTrained: boolean) {
    this.quantizer = quantizer;
    this.isTrained = isTrained;
  }

  get d(): number {
    return this.quantizer.d;
  }

  get codeSize(): number {
    return this.quantizer.codeSize;
  }

  async train(points: RowView, task: Task): Promise<void> {
    this.isTrained = false;
    await this.quantizer.train(points, task);
    this.isTrained = true;
  }

  encode(x: Float32Array, n: number): Uint8Array {
    return encodeRows(this.quantizer, x, n);
  }

  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    this.quantizer.decode(codes, at, out);
  }
}
