import {
  LutraError,
  type RangeStatistic,
  type ScalarQuantizerFields,
  type ScalarQuantizerKind,
  type ScalarQuantizerType,
} from '@lutra/core';
import { gatherRows, type RowView } from '../clustering/row-view.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import { lloydMax } from './lloyd-max.js';
import { plainCoder, type Range, rangeCoder, rangeOf, type ScalarCoder, tableCoder } from './scalar-codes.js';
import { TurboQuant } from './turbo-quant.js';

const BLOCK_ROWS = 256;
/** Rows that an IVF shows to its quantizer at most. */
const MAX_TRAIN_ROWS = 100_000;

/** faiss's QuantizerType of a factory token. */
export const SCALAR_KINDS: Readonly<Record<ScalarQuantizerType, ScalarQuantizerKind>> = {
  '8': '8bit',
  '6': '6bit',
  '4': '4bit',
  '0': '0bit',
  fp16: 'fp16',
  bf16: 'bf16',
  '8_direct': '8bit_direct',
  '8_direct_signed': '8bit_direct_signed',
  tqmse1: '1bit_tqmse',
  tqmse2: '2bit_tqmse',
  tqmse3: '3bit_tqmse',
  tqmse4: '4bit_tqmse',
  tqmse8: '8bit_tqmse',
  tq2: '2bit_tq',
  tq3: '3bit_tq',
  tq4: '4bit_tq',
  tq5: '5bit_tq',
};
/** faiss's seed of TurboQuant's signs. */
const TURBO_SEED = 42;

/** Bits of a component, and for tq those of its sign. */
function bitsOf(qtype: ScalarQuantizerKind): number {
  return qtype === 'fp16' || qtype === 'bf16' ? 16 : Number.parseInt(qtype, 10);
}

const isTable = (qtype: ScalarQuantizerKind): boolean => qtype.endsWith('_tqmse');
const isTurbo = (qtype: ScalarQuantizerKind): boolean => qtype.endsWith('_tq');

/** Why a scalar quantizer is not run, if it is not. */
export function refusesScalar({ qtype, trained }: ScalarQuantizerFields): string | undefined {
  if (qtype.endsWith('_eden')) return `a scalar quantizer of ${qtype} is not run`;
  const dense = isTurbo(qtype) && trained.length > 0 && trained[trained.length - 1] !== 0;
  return dense ? 'TurboQuant by a dense rotation is not run' : undefined;
}

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
    const bits = bitsOf(qtype);
    this.codeSize = isTurbo(qtype) ? bits * Math.ceil(d / 8) + 8 : Math.ceil((d * bits) / 8);
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
    return rangeOf(this.qtype) !== undefined || isTable(this.qtype) || isTurbo(this.qtype);
  }

  /** Rows that training in an IVF looks at, at most; 0 if there is nothing to learn. */
  get maxTrainRows(): number {
    if (!this.learns) return 0;
    return rangeOf(this.qtype) ? MAX_TRAIN_ROWS : 1;
  }

  /** Bits of a table's index, of types that have a table. */
  get tableBits(): number | undefined {
    return isTable(this.qtype) ? bitsOf(this.qtype) : undefined;
  }

  /** Whether its codes are whole numbers that count along a line. */
  get wholeNumbers(): boolean {
    return rangeOf(this.qtype) !== undefined || this.qtype.startsWith('8bit_direct');
  }

  /** Whether it is a TurboQuant of directions and signs. */
  get isTurbo(): boolean {
    return isTurbo(this.qtype);
  }

  /** What encodes and compares, of a TurboQuant that is trained. */
  get turbo(): TurboQuant | undefined {
    return this.isTurbo ? new TurboQuant(this.d, bitsOf(this.qtype), this.#trained) : undefined;
  }

  /** Finds the range of each component, or of all; or takes its table. @throws LutraError `ARGUMENT` without a row */
  async train(points: RowView): Promise<void> {
    const range = rangeOf(this.qtype);
    if (range) this.#trainRange(range, points);
    else if (this.learns) this.#trained = tableOf(this.qtype, this.d);
    else return;
    this.#coder = undefined;
  }

  #trainRange(range: Range, points: RowView): void {
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
  }

  get #codes(): ScalarCoder {
    this.#coder ??= this.#makeCoder();
    return this.#coder;
  }

  #makeCoder(): ScalarCoder {
    const { d, tableBits, turbo } = this;
    if (turbo) return turbo;
    if (tableBits !== undefined) return tableCoder(tableBits, this.#trained, d);
    return rangeCoder(rangeOf(this.qtype)!, this.#trained, d);
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

/** The table of a type that has one: of a normal variable, scaled to the components of a vector of length one for tqmse. */
function tableOf(qtype: ScalarQuantizerKind, d: number): Float32Array {
  const bits = bitsOf(qtype);
  if (isTurbo(qtype)) {
    const seed = new Float32Array(Uint32Array.of(TURBO_SEED, 0).buffer);
    const table = lloydMax(bits - 1);
    const trained = new Float32Array(table.length + 3);
    trained.set(table);
    trained.set(seed, table.length);
    return trained;
  }
  const scale = Math.fround(1 / Math.fround(Math.sqrt(d)));
  return lloydMax(bits).map((v) => v * scale);
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
