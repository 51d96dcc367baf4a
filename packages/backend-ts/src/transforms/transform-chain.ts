import { LutraError, type TransformData } from '@lutra/core';
import type { TrainContext, VectorTransform } from './vector-transform.js';

/** Transforms one after the other, as faiss's IndexPreTransform chains them. */
export class TransformChain {
  readonly transforms: readonly VectorTransform[];
  readonly dIn: number;
  readonly dOut: number;

  /**
   * @param transforms - at least one, each taking what the one before gives
   * @throws LutraError `SHAPE` if they do not fit together
   */
  constructor(transforms: readonly VectorTransform[]) {
    const [first] = transforms;
    const last = transforms.at(-1);
    if (first === undefined || last === undefined) {
      throw new LutraError('SHAPE', 'transform chain: wants at least one transform, got 0', {
        argument: 'transforms',
        expected: 'at least 1',
        actual: '0',
      });
    }
    transforms.forEach((t, i) => {
      const before = transforms[i - 1];
      if (before !== undefined && before.dOut !== t.dIn) {
        const message = `transform chain: transform ${i} takes d ${t.dIn}, the one before gives ${before.dOut}`;
        throw new LutraError('SHAPE', message, {
          argument: 'transforms',
          expected: String(before.dOut),
          actual: String(t.dIn),
        });
      }
    });
    this.transforms = transforms;
    this.dIn = first.dIn;
    this.dOut = last.dOut;
  }

  get isTrained(): boolean {
    return this.transforms.every((t) => t.isTrained);
  }

  /**
   * Trains each transform on the rows that those before it give.
   * @returns the rows after the last one, `(n, dOut)`, for the index behind
   * @throws LutraError as {@link VectorTransform.train}
   */
  async train(x: Float32Array, n: number, context: TrainContext): Promise<Float32Array> {
    let rows = x;
    for (const transform of this.transforms) {
      await transform.train(rows, n, context);
      rows = transform.apply(rows, n);
    }
    return rows;
  }

  /** `x`, `(n, dIn)`, through all transforms: a new `(n, dOut)` array. */
  apply(x: Float32Array, n: number): Float32Array {
    return this.transforms.reduce((rows, t) => t.apply(rows, n), x);
  }

  /** `y`, `(n, dOut)`, back through all: a new `(n, dIn)` array. @throws LutraError `UNSUPPORTED` if one has no way back */
  reverse(y: Float32Array, n: number): Float32Array {
    return this.transforms.reduceRight((rows, t) => t.reverse(rows, n), y);
  }

  toData(): TransformData[] {
    return this.transforms.map((t) => t.toData());
  }
}
