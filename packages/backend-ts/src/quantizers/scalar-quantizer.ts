import {
  LutraError,
  type RangeStatistic,
  type ScalarQuantizerFields,
  type ScalarQuantizerKind,
  type ScalarQuantizerType,
} from '@lutra/core';
import { gatherRows, type RowView } from '../clustering/row-view.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import { plainCoder, rangeCoder, rangeOf, type ScalarCoder } from './scalar-codes.js';

const BLOCK_ROWS = 256;
/** Rows that an IVF shows to its quantizer at most. */
const MAX_TRAIN_ROWS = 100_000;

/** faiss's QuantizerType of a factory token. */
export const SCALAR_KINDS: Readonly<Partial<Record<ScalarQuantizerType, ScalarQuantizerKind>>> = {
  '8': '8bit',
  '6': '6bit',
  '4': '4bit',
  '0': '0bit',
  fp16: 'fp16',
  bf16: 'bf16',
  '8_direct': '8bit_direct',
  '8_direct_signed': '8bit_direct_signed',
};

const BITS: Readonly<Partial<Record<ScalarQuantizerKind, number>>> = {
  '8bit': 8,
  '6bit': 6,
  '4bit': 4,
  '8bit_uniform': 8,
  '4bit_uniform': 4,
  '0bit': 0,
  fp16: 16,
  bf16: 16,
  '8bit_direct': 8,
  '8bit_direct_signed': 8,
};

/** Whether the engine runs scalar quantizers of a type. */
export const runsScalar = (qtype: ScalarQuantizerKind): boolean => qtype in BITS;

/**
 * Every component of a vector as a number of few bits.
 *
 * Left out of faiss's: ranges by other statistics than the least and the largest value, which no factory string asks for;
 * such a quantizer is run as it was trained, and cannot be trained anew.
 * @see faiss/impl/ScalarQuantizer.cpp
 */
export class ScalarQuantizer {
  readonly d: number;
  readonly qtype: ScalarQuantizerKind;
  readonly codeSize: number;
  readonly #rangestat: RangeStatistic;
  readonly #rangestatArg: number;
  #trained: Float32Array;
  #coder: ScalarCoder | undefined;

  constructor(
    d: number,
    qtype: ScalarQuantizerKind,
    stored?: Pick<ScalarQuantizerFields, 'rangestat' | 'rangestatArg' | 'trained'>,
  ) {
    this.d = d;
    this.qtype = qtype;
    this.codeSize = Math.ceil((d * BITS[qtype]!) / 8);
    this.#rangestat = stored?.rangestat ?? 'minmax';
    this.#rangestatArg = stored?.rangestatArg ?? 0;
    this.#trained = stored?.trained.slice() ?? new Float32Array(0);
    this.#coder = plainCoder(qtype, d);
  }

  static fromData(data: ScalarQuantizerFields): ScalarQuantizer {
    return new ScalarQuantizer(data.d, data.qtype, data);
  }

  /** What training has found: see {@link ScalarQuantizerFields.trained}. */
  get trained(): Float32Array {
    return this.#trained;
  }

  /** Whether there is anything to learn. */
  get learns(): boolean {
    return rangeOf(this.qtype) !== undefined;
  }

  /** Rows that training in an IVF looks at, at most; 0 if there is nothing to learn. */
  get maxTrainRows(): number {
    return this.learns ? MAX_TRAIN_ROWS : 0;
  }

  /** Finds the range of each component, or of all. @throws LutraError `ARGUMENT` without a row */
  async train(points: RowView): Promise<void> {
    const range = rangeOf(this.qtype);
    if (!range) return;
    if (this.#rangestat !== 'minmax') {
      const feature = `training a scalar quantizer by ${this.#rangestat}`;
      throw new LutraError('UNSUPPORTED', `backend ts does not run ${feature}`, { feature, by: 'ts' });
    }
    if (points.n === 0) {
      throw new LutraError('ARGUMENT', 'train: 0 rows for a scalar quantizer, at least 1 is wanted', {
        argument: 'x',
        expected: 'at least 1 row',
      });
    }
    const found = rangesOf(points);
    this.#trained = widened(range.uniform ? overall(found) : found, this.#rangestatArg);
    this.#coder = undefined;
  }

  get #codes(): ScalarCoder {
    this.#coder ??= rangeCoder(rangeOf(this.qtype)!, this.#trained, this.d);
    return this.#coder;
  }

  /** The code of each row, `(n, codeSize)` into `codes`, which is zero. */
  encode(points: RowView, codes: Uint8Array): void {
    const { d, codeSize } = this;
    const coder = this.#codes;
    const block = new Float32Array(Math.min(BLOCK_ROWS, points.n) * d);
    for (let start = 0; start < points.n; start += BLOCK_ROWS) {
      const count = Math.min(BLOCK_ROWS, points.n - start);
      gatherRows(points, start, count, block);
      for (let i = 0; i < count; i++) {
        coder.encode(block.subarray(i * d, (i + 1) * d), codes, (start + i) * codeSize);
      }
    }
  }

  /** The vector that the code at byte `at` stands for, `(d)` into `out`. */
  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    this.#codes.decode(codes, at, out);
  }

  /** @throws LutraError `ARGUMENT` unless `data` encodes alike */
  assertSame(data: ScalarQuantizerFields): void {
    assertSame('a scalar quantizer of type', this.qtype, data.qtype);
    assertSameTraining('the ranges of the scalar quantizer', this.#trained, data.trained);
  }

  toData(): ScalarQuantizerFields {
    const { d, qtype, codeSize } = this;
    const [rangestat, rangestatArg] = [this.#rangestat, this.#rangestatArg];
    return { qtype, rangestat, rangestatArg, d, codeSize, trained: this.#trained };
  }
}

/** The least and the largest value of each component, `(2, d)`. */
function rangesOf(points: RowView): Float32Array {
  const { n, d } = points;
  const found = new Float32Array(2 * d);
  found.fill(Infinity, 0, d).fill(-Infinity, d);
  const block = new Float32Array(Math.min(BLOCK_ROWS, n) * d);
  for (let start = 0; start < n; start += BLOCK_ROWS) {
    const count = Math.min(BLOCK_ROWS, n - start);
    gatherRows(points, start, count, block);
    for (let i = 0; i < count; i++) {
      for (let j = 0; j < d; j++) {
        const v = block[i * d + j]!;
        if (v < found[j]!) found[j] = v;
        if (v > found[d + j]!) found[d + j] = v;
      }
    }
  }
  return found;
}

function overall(found: Float32Array): Float32Array {
  const d = found.length / 2;
  return Float32Array.of(Math.min(...found.subarray(0, d)), Math.max(...found.subarray(d)));
}

/** Ranges `[least, largest]`, widened by `share` of their width on both sides, as `[least, width]`. */
function widened(found: Float32Array, share: number): Float32Array {
  const d = found.length / 2;
  const out = new Float32Array(2 * d);
  for (let j = 0; j < d; j++) {
    const more = Math.fround(Math.fround(found[d + j]! - found[j]!) * share);
    out[j] = found[j]! - more;
    out[d + j] = Math.fround(found[d + j]! + more) - out[j]!;
  }
  return out;
}
