/**
 * Distances of one vector to many: squared L2, inner product, squared norms. Scalar reference; products and sums in
 * float64, one rounding to float32 at the end.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

/** @see Kernels.l2sqrNy */
export function l2sqrNy(memory: LinearMemory, x: Ptr, y: Ptr, d: number, ny: number, out: Ptr): void {
  const { f32 } = memory.whole;
  for (let i = 0; i < ny; i++) f32[(out >>> 2) + i] = l2sqr(f32, x >>> 2, (y >>> 2) + i * d, d);
}

/** @see Kernels.ipNy */
export function ipNy(memory: LinearMemory, x: Ptr, y: Ptr, d: number, ny: number, out: Ptr): void {
  const { f32 } = memory.whole;
  for (let i = 0; i < ny; i++) f32[(out >>> 2) + i] = innerProduct(f32, x >>> 2, (y >>> 2) + i * d, d);
}

/** @see Kernels.l2sqrByIdx */
export function l2sqrByIdx(
  memory: LinearMemory,
  x: Ptr,
  y: Ptr,
  d: number,
  ids: Ptr,
  n: number,
  out: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    f32[(out >>> 2) + i] = l2sqr(f32, x >>> 2, (y >>> 2) + u32[(ids >>> 2) + i]! * d, d);
  }
}

/** @see Kernels.ipByIdx */
export function ipByIdx(
  memory: LinearMemory,
  x: Ptr,
  y: Ptr,
  d: number,
  ids: Ptr,
  n: number,
  out: Ptr,
): void {
  const { f32, u32 } = memory.whole;
  for (let i = 0; i < n; i++) {
    f32[(out >>> 2) + i] = innerProduct(f32, x >>> 2, (y >>> 2) + u32[(ids >>> 2) + i]! * d, d);
  }
}

/** @see Kernels.normsSqr */
export function normsSqr(memory: LinearMemory, y: Ptr, d: number, ny: number, out: Ptr): void {
  const { f32 } = memory.whole;
  for (let i = 0; i < ny; i++) {
    const row = (y >>> 2) + i * d;
    f32[(out >>> 2) + i] = innerProduct(f32, row, row, d);
  }
}

/** @see Kernels.ipBlock */
export function ipBlock(
  memory: LinearMemory,
  x: Ptr,
  nx: number,
  y: Ptr,
  ny: number,
  d: number,
  out: Ptr,
): void {
  const { f32 } = memory.whole;
  for (let q = 0; q < nx; q++) {
    for (let i = 0; i < ny; i++) {
      f32[(out >>> 2) + q * ny + i] = innerProduct(f32, (x >>> 2) + q * d, (y >>> 2) + i * d, d);
    }
  }
}

/** `sum (f32[a + j] - f32[b + j])²`; a and b are element indices. Four sums, for the pipeline's sake. */
function l2sqr(f32: Float32Array, a: number, b: number, d: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 4 <= d; j += 4) {
    const t0 = f32[a + j]! - f32[b + j]!;
    const t1 = f32[a + j + 1]! - f32[b + j + 1]!;
    const t2 = f32[a + j + 2]! - f32[b + j + 2]!;
    const t3 = f32[a + j + 3]! - f32[b + j + 3]!;
    s0 += t0 * t0;
    s1 += t1 * t1;
    s2 += t2 * t2;
    s3 += t3 * t3;
  }
  for (; j < d; j++) {
    const t = f32[a + j]! - f32[b + j]!;
    s0 += t * t;
  }
  return s0 + s1 + (s2 + s3);
}

/** `sum f32[a + j] · f32[b + j]`; a and b are element indices. */
export function innerProduct(f32: Float32Array, a: number, b: number, d: number): number {
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let j = 0;
  for (; j + 4 <= d; j += 4) {
    s0 += f32[a + j]! * f32[b + j]!;
    s1 += f32[a + j + 1]! * f32[b + j + 1]!;
    s2 += f32[a + j + 2]! * f32[b + j + 2]!;
    s3 += f32[a + j + 3]! * f32[b + j + 3]!;
  }
  for (; j < d; j++) s0 += f32[a + j]! * f32[b + j]!;
  return s0 + s1 + (s2 + s3);
}
