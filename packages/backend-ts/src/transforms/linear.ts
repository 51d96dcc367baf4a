import { type LinearFields, type LinearTransformData, LutraError, type TransformData } from '@lutra/core';
import { type Matmul, multiply32, multiply64 } from '../linalg/index.js';
import { assertLength, assertRows, assertTrained } from './transform-checks.js';
import type { TrainContext, TransformOptions, VectorTransform } from './vector-transform.js';

/** How far `A · Aᵀ` may be from the identity for `A` to count as orthonormal; faiss's own figure. */
const ORTHONORMAL_WITHIN = 4e-5;
const NONE: Float32Array = new Float32Array(0);

/**
 * `y = A · x + b`, `A` `(dOut, dIn)`: the base of every transform that ends in a matrix, and such a matrix as read from
 * a file (a trained OPQ among them: faiss writes it as a plain matrix).
 * @see `faiss/VectorTransform.cpp`, LinearTransform
 */
export class LinearTransform implements VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  protected readonly matmul: Matmul;
  /** What a caller gave, undefined for the plain product. */
  protected readonly fastMatmul: Matmul | undefined;
  #isTrained = false;
  #A: Float32Array = NONE;
  #b: Float32Array = NONE;
  #haveBias = false;
  #orthonormal: boolean | undefined;

  constructor(dIn: number, dOut: number, options: TransformOptions = {}) {
    this.dIn = dIn;
    this.dOut = dOut;
    this.fastMatmul = options.matmul;
    this.matmul = options.matmul ?? multiply32;
  }

  get isTrained(): boolean {
    return this.#isTrained;
  }

  get trains(): boolean {
    return false;
  }

  /** Its name in messages. */
  protected get who(): string {
    return 'linear transform';
  }

  async train(_x: Float32Array, _n: number, _context: TrainContext): Promise<void> {
    if (this.#isTrained) return;
    throw new LutraError('STATE', `${this.who}: has no matrix, and its file does not say how to train one`, {
      state: 'untrained',
    });
  }

  apply(x: Float32Array, n: number): Float32Array {
    assertTrained(this.who, this.#isTrained);
    assertRows(this.who, x, n, this.dIn);
    const y = this.matmul(x, this.#A, n, this.dOut, this.dIn, true);
    if (this.#haveBias) addToRows(y, this.#b, 1);
    return y;
  }

  reverse(y: Float32Array, n: number): Float32Array {
    assertTrained(this.who, this.#isTrained);
    assertRows(this.who, y, n, this.dOut);
    this.#orthonormal ??= isOrthonormal(this.#A, this.dOut, this.dIn);
    if (!this.#orthonormal) {
      throw new LutraError('UNSUPPORTED', `${this.who}: a matrix that is not orthonormal has no way back`, {
        feature: 'reverse of a matrix that is not orthonormal',
        by: 'faiss',
      });
    }
    const centred = this.#haveBias ? addToRows(y.slice(), this.#b, -1) : y;
    return this.matmul(centred, this.#A, n, this.dIn, this.dOut, false);
  }

  toData(): TransformData {
    return this.linearData();
  }

  /** The state as a plain matrix. */
  linearData(): LinearTransformData {
    return {
      kind: 'Linear',
      dIn: this.dIn,
      dOut: this.dOut,
      isTrained: this.#isTrained,
      haveBias: this.#haveBias,
      A: this.#A,
      b: this.#b,
    };
  }

  /** Untrained until {@link setMatrix}. */
  protected forget(): void {
    this.#isTrained = false;
    this.#A = NONE;
    this.#b = NONE;
  }

  /** Takes the arrays over; `b` says whether there is a bias. */
  setMatrix(A: Float32Array, b?: Float32Array): void {
    this.#A = A;
    this.#b = b ?? NONE;
    this.#haveBias = b !== undefined;
    this.#orthonormal = undefined;
    this.#isTrained = true;
  }

  /**
   * Takes copies of what a file holds.
   * @throws LutraError `SHAPE` if it is said to be trained and the arrays have other lengths
   */
  load(data: LinearFields & { readonly isTrained: boolean }): this {
    if (data.isTrained) {
      assertLength(this.who, 'A', data.A, this.dOut * this.dIn);
      if (data.haveBias) assertLength(this.who, 'b', data.b, this.dOut);
    }
    this.setMatrix(data.A.slice(), data.b.slice());
    this.#haveBias = data.haveBias;
    this.#isTrained = data.isTrained;
    return this;
  }
}

/** `y[i] += sign · b` in place. */
function addToRows(y: Float32Array, b: Float32Array, sign: number): Float32Array {
  const d = b.length;
  for (let at = 0; at < y.length; at += d) {
    for (let j = 0; j < d; j++) y[at + j] = y[at + j]! + sign * b[j]!;
  }
  return y;
}

/** Whether the shorter side of `A` is an orthonormal set: its transpose then undoes it, or comes nearest. */
function isOrthonormal(A: Float32Array, dOut: number, dIn: number): boolean {
  const wide = dOut <= dIn;
  const side = wide ? dOut : dIn;
  const shape = { m: side, n: side, k: wide ? dIn : dOut, transposeA: !wide, transposeB: wide };
  const gram = multiply64(A, A, shape);
  return gram.every((v, i) => Math.abs(v - (i % (side + 1) === 0 ? 1 : 0)) <= ORTHONORMAL_WITHIN);
}
