import { LutraError } from '@lutra/core';

/** Rows and columns of a tile that one pass of the inner loop computes. */
const TILE = 4;
/** Inner dimension a pass: a tile's operands stay in the first-level cache. */
const K_BLOCK = 256;
/** Elements of the float64 accumulator at most, 16 MiB. */
const ACCUMULATOR = 1 << 21;

/** Arrays that a product takes. */
export type Matrix = Float32Array | Float64Array;

/** How a product reads its operands; `false` unless told. */
export interface MultiplyOptions {
  /** `a` is `(k, m)`. */
  transposeA?: boolean;
  /** `b` is `(n, k)`. */
  transposeB?: boolean;
  /** The result is symmetric: only its lower triangle is sure to be computed, at half the cost. */
  lowerOnly?: boolean;
}

/**
 * `a · b` accumulated in float64, written into `out`.
 * @param out - `(m, n)` row-major, overwritten
 * @param a - `(m, k)` row-major, or `(k, m)` with `transposeA`
 * @param b - `(k, n)` row-major, or `(n, k)` with `transposeB`
 * @throws LutraError `SHAPE` if an array's length is not the product of its sizes
 */
export function multiplyInto<T extends Matrix>(
  out: T,
  a: Matrix,
  b: Matrix,
  shape: { m: number; n: number; k: number } & MultiplyOptions,
): T {
  const { m, n, k, transposeA = false, transposeB = false, lowerOnly = false } = shape;
  assertLength('a', a, m * k);
  assertLength('b', b, k * n);
  assertLength('out', out, m * n);
  const [aRow, aCol] = transposeA ? [1, m] : [k, 1];
  const [bRow, bCol] = transposeB ? [1, k] : [n, 1];
  const columns = Math.ceil(n / TILE);
  const rowsAtOnce = Math.max(TILE, Math.floor(ACCUMULATOR / Math.max(1, columns * TILE * TILE)) * TILE);
  const depth = Math.min(K_BLOCK, k);
  const accumulator = new Float64Array(Math.min(rowsAtOnce, Math.ceil(m / TILE) * TILE) * columns * TILE);
  const aPanel = new Float64Array(depth * TILE);
  const bPanels = new Float64Array(depth * columns * TILE);
  for (let row = 0; row < m; row += rowsAtOnce) {
    const rows = Math.min(rowsAtOnce, m - row);
    accumulator.fill(0);
    for (let p = 0; p < k; p += K_BLOCK) {
      const kc = Math.min(K_BLOCK, k - p);
      for (let j = 0; j < columns; j++) {
        pack(
          bPanels,
          j * kc * TILE,
          b,
          p * bRow + j * TILE * bCol,
          bCol,
          bRow,
          Math.min(TILE, n - j * TILE),
          kc,
        );
      }
      for (let i = 0; i < rows; i += TILE) {
        pack(aPanel, 0, a, (row + i) * aRow + p * aCol, aRow, aCol, Math.min(TILE, rows - i), kc);
        const end = lowerOnly ? Math.min(columns, (row + i) / TILE + 1) : columns;
        for (let j = 0; j < end; j++) {
          addTile(accumulator, (i * columns + j * TILE) * TILE, aPanel, bPanels, j * kc * TILE, kc);
        }
      }
    }
    unpack(out, row, rows, n, accumulator, columns);
  }
  return out;
}

/** {@link multiplyInto} a new float64 array. */
export function multiply64(
  a: Matrix,
  b: Matrix,
  shape: { m: number; n: number; k: number } & MultiplyOptions,
): Float64Array {
  return multiplyInto(new Float64Array(shape.m * shape.n), a, b, shape);
}

/**
 * `a · b` as float32: what a faster kernel can stand in for.
 * @param a - `(m, k)` row-major
 * @param b - `(k, n)` row-major, or `(n, k)` if `transposeB`
 * @returns `(m, n)` row-major
 */
export type Matmul = (
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
  transposeB: boolean,
) => Float32Array;

/** {@link Matmul} in plain TypeScript, accumulated in float64. */
export const multiply32: Matmul = (a, b, m, n, k, transposeB) =>
  multiplyInto(new Float32Array(m * n), a, b, { m, n, k, transposeB });

function assertLength(argument: string, x: Matrix, wanted: number): void {
  if (x.length !== wanted) {
    throw new LutraError('SHAPE', `matmul: ${argument} wants ${wanted} elements, has ${x.length}`, {
      argument,
      expected: String(wanted),
      actual: String(x.length),
    });
  }
}

/** Copies `lanes` × `depth` elements so that the lanes of one depth lie side by side; missing lanes are zero. */
function pack(
  to: Float64Array,
  at: number,
  from: Matrix,
  start: number,
  laneStride: number,
  depthStride: number,
  lanes: number,
  depth: number,
): void {
  for (let lane = 0; lane < TILE; lane++) {
    let source = start + lane * laneStride;
    let target = at + lane;
    for (let p = 0; p < depth; p++) {
      to[target] = lane < lanes ? from[source]! : 0;
      target += TILE;
      source += depthStride;
    }
  }
}

/** `c[0 … 15] += a-panel · b-panel`, a tile of 4 × 4; the sixteen sums live in registers. */
function addTile(
  c: Float64Array,
  at: number,
  a: Float64Array,
  b: Float64Array,
  bStart: number,
  depth: number,
): void {
  for (let half = 0; half < TILE; half += 2) {
    let c00 = 0;
    let c01 = 0;
    let c02 = 0;
    let c03 = 0;
    let c10 = 0;
    let c11 = 0;
    let c12 = 0;
    let c13 = 0;
    let ai = half;
    let bi = bStart;
    for (let p = 0; p < depth; p++) {
      const a0 = a[ai]!;
      const a1 = a[ai + 1]!;
      const b0 = b[bi]!;
      const b1 = b[bi + 1]!;
      const b2 = b[bi + 2]!;
      const b3 = b[bi + 3]!;
      c00 += a0 * b0;
      c01 += a0 * b1;
      c02 += a0 * b2;
      c03 += a0 * b3;
      c10 += a1 * b0;
      c11 += a1 * b1;
      c12 += a1 * b2;
      c13 += a1 * b3;
      ai += TILE;
      bi += TILE;
    }
    const to = at + half * TILE;
    c[to] = c[to]! + c00;
    c[to + 1] = c[to + 1]! + c01;
    c[to + 2] = c[to + 2]! + c02;
    c[to + 3] = c[to + 3]! + c03;
    c[to + 4] = c[to + 4]! + c10;
    c[to + 5] = c[to + 5]! + c11;
    c[to + 6] = c[to + 6]! + c12;
    c[to + 7] = c[to + 7]! + c13;
  }
}

/** Tiles back to rows. */
function unpack(
  out: Matrix,
  row: number,
  rows: number,
  n: number,
  tiles: Float64Array,
  columns: number,
): void {
  for (let i = 0; i < rows; i++) {
    const panel = (i - (i % TILE)) * columns * TILE + (i % TILE) * TILE;
    const to = (row + i) * n;
    for (let j = 0; j < n; j++) {
      out[to + j] = tiles[panel + (j - (j % TILE)) * TILE + (j % TILE)]!;
    }
  }
}
