import type { NpyData } from './dtype.js';

/** A tile's side: two tiles of float64 fit in a first-level cache. */
const TILE = 32;

type Words = Uint8Array | Uint16Array | Uint32Array;

/**
 * A copy of `data`, an array of `shape` in Fortran order (first axis fastest), in C order (last axis fastest).
 * With `shape` reversed it goes the other way.
 */
export function fortranToC<T extends NpyData>(data: T, shape: readonly number[]): T {
  const axes = shape.filter((n) => n !== 1);
  if (axes.length < 2 || data.length === 0) return data.slice() as T;
  if (axes.length === 2) return transpose(data, axes[0]!, axes[1]!);
  const out = data.slice() as T;
  const from = wordsOf(data);
  const to = wordsOf(out);
  const per = from.length / data.length;
  eachInC(axes, (source, i) => {
    for (let w = 0; w < per; w++) to[i * per + w] = from[source * per + w]!;
  });
  return out;
}

/** Calls `visit` with the place of each element in Fortran order, in C order. */
function eachInC(axes: readonly number[], visit: (source: number, i: number) => void): void {
  const strides = axes.map((_, axis) => axes.slice(0, axis).reduce((product, n) => product * n, 1));
  const count = axes.reduce((product, n) => product * n, 1);
  const index = new Array<number>(axes.length).fill(0);
  let source = 0;
  for (let i = 0; i < count; i++) {
    visit(source, i);
    for (let axis = axes.length - 1; axis >= 0; axis--) {
      source += strides[axis]!;
      if (++index[axis]! < axes[axis]!) break;
      source -= strides[axis]! * axes[axis]!;
      index[axis] = 0;
    }
  }
}

/** A row-major copy of `data`, column-major `(rows, cols)`. */
export function transpose<T extends NpyData>(data: T, rows: number, cols: number): T {
  const out = data.slice() as T;
  const from = wordsOf(data);
  const to = wordsOf(out);
  const per = data.length === 0 ? 1 : from.length / data.length;
  for (let r0 = 0; r0 < rows; r0 += TILE) {
    const r1 = Math.min(r0 + TILE, rows);
    for (let c0 = 0; c0 < cols; c0 += TILE) {
      const c1 = Math.min(c0 + TILE, cols);
      for (let r = r0; r < r1; r++) {
        for (let c = c0; c < c1; c++) {
          const i = (r * cols + c) * per;
          const source = (c * rows + r) * per;
          to[i] = from[source]!;
          if (per === 2) to[i + 1] = from[source + 1]!;
        }
      }
    }
  }
  return out;
}

/** The bits of `data` as integers of up to 4 bytes: moving a NaN as a number may change its payload. */
function wordsOf({ buffer, byteOffset, byteLength, BYTES_PER_ELEMENT }: NpyData): Words {
  if (BYTES_PER_ELEMENT === 1) return new Uint8Array(buffer, byteOffset, byteLength);
  if (BYTES_PER_ELEMENT === 2) return new Uint16Array(buffer, byteOffset, byteLength / 2);
  return new Uint32Array(buffer, byteOffset, byteLength / 4);
}
