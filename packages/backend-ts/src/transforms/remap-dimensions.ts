import { LutraError, type RemapDimensionsData } from '@lutra/core';
import { assertLength, assertRows } from './transform-checks.js';
import type { TrainContext, VectorTransform } from './vector-transform.js';

/** The map of `Pad`: the first `dIn` components stay, zeros follow. */
export function padMap(dIn: number, dOut: number): Int32Array {
  return Int32Array.from({ length: dOut }, (_, i) => (i < dIn ? i : -1));
}

/**
 * `Pad`, and any other choice of components: `y[i] = map[i] < 0 ? 0 : x[map[i]]`.
 * @see `faiss/VectorTransform.cpp`, RemapDimensionsTransform
 */
export class RemapDimensionsTransform implements VectorTransform {
  readonly dIn: number;
  readonly dOut: number;
  readonly isTrained = true;
  readonly trains = false;
  readonly #map: Int32Array;

  /**
   * @param map - `(dOut)`, copied; entries -1 (zero) to `dIn - 1`
   * @throws LutraError `SHAPE`, `ARGUMENT` for an entry out of range
   */
  constructor(dIn: number, dOut: number, map: Int32Array) {
    assertLength('remap dimensions', 'map', map, dOut);
    const bad = map.findIndex((from) => from < -1 || from >= dIn);
    if (bad >= 0) {
      const message = `remap dimensions: map[${bad}] must be -1 to ${dIn - 1}, is ${map[bad]}`;
      throw new LutraError('ARGUMENT', message, {
        argument: 'map',
        value: map[bad],
        expected: `-1 to ${dIn - 1}`,
      });
    }
    this.dIn = dIn;
    this.dOut = dOut;
    this.#map = map.slice();
  }

  async train(_x: Float32Array, _n: number, _context: TrainContext): Promise<void> {}

  apply(x: Float32Array, n: number): Float32Array {
    assertRows('remap dimensions', x, n, this.dIn);
    const y = new Float32Array(n * this.dOut);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < this.dOut; j++) {
        const from = this.#map[j]!;
        if (from >= 0) y[i * this.dOut + j] = x[i * this.dIn + from]!;
      }
    }
    return y;
  }

  /** Components that no entry of the map names come back as 0. */
  reverse(y: Float32Array, n: number): Float32Array {
    assertRows('remap dimensions', y, n, this.dOut);
    const x = new Float32Array(n * this.dIn);
    for (let i = 0; i < n; i++) {
      for (let j = 0; j < this.dOut; j++) {
        const to = this.#map[j]!;
        if (to >= 0) x[i * this.dIn + to] = y[i * this.dOut + j]!;
      }
    }
    return x;
  }

  toData(): RemapDimensionsData {
    return { kind: 'RemapDimensions', dIn: this.dIn, dOut: this.dOut, isTrained: true, map: this.#map };
  }
}
