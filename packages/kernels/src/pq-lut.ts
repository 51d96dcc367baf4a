/**
 * Look-up tables of a product quantizer: one entry a sub-quantizer and centroid. Scalar reference, bit for bit what
 * the WASM form gives.
 *
 * FastScan rounds these tables to bytes, so a last bit here can become a different neighbour there. The sums are
 * therefore ordered and rounded as faiss 1.15.1 does it on AVX-512 (checked against
 * `ProductQuantizer::compute_distance_tables` and `compute_inner_prod_tables`: all bits equal for dsub < 16, and for
 * dsub ≥ 16 with one query; there faiss calls BLAS, whose order depends on the number of queries). The rules:
 *
 * - `pair` (dsub 2, ksub < 256): both products rounded, then added.
 * - `chain`: fused multiply-adds in order of j.
 * - `fold`: sixteen fused lanes, folded to eight; eight more; folded to one; what is left fused in order.
 * - `fold4`, `fold12`: the short cases of a fold by four lanes.
 * - `decomposed` (L2, dsub ≥ 16): ‖x‖² + ‖c‖² by `fold`, less twice the product by `chain`. It can be below zero.
 *
 * A fused multiply-add is made of float64: the product of two float32 is exact there.
 */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

type Rule = 'pair' | 'chain' | 'fold' | 'fold4' | 'fold12' | 'decomposed';

const { fround } = Math;
const lanes = new Float32Array(16);

/** @see Kernels.pqLutL2 */
export function pqLutL2(
  memory: LinearMemory,
  x: Ptr,
  centroids: Ptr,
  M: number,
  ksub: number,
  dsub: number,
  lut: Ptr,
): void {
  const rule = dsub >= 16 ? 'decomposed' : shortRule(ksub, dsub);
  fillLut(memory.whole.f32, rule, false, x >>> 2, centroids >>> 2, M, ksub, dsub, lut >>> 2);
}

/** @see Kernels.pqLutIp */
export function pqLutIp(
  memory: LinearMemory,
  x: Ptr,
  centroids: Ptr,
  M: number,
  ksub: number,
  dsub: number,
  lut: Ptr,
): void {
  const rule = dsub >= 16 ? 'chain' : shortRule(ksub, dsub);
  fillLut(memory.whole.f32, rule, true, x >>> 2, centroids >>> 2, M, ksub, dsub, lut >>> 2);
}

/** How faiss sums for dsub < 16: it has code of its own for some lengths, and other code for fewer than 16 centroids. */
function shortRule(ksub: number, dsub: number): Rule {
  if (dsub === 2 && ksub < 256) return 'pair';
  if (dsub === 12) return 'fold12';
  if (dsub === 4 && ksub < 16) return 'fold4';
  if (dsub > 8 || (dsub === 8 && ksub < 16)) return 'fold';
  return 'chain';
}

/** Pointers count elements from here on; `ip` chooses the products: x c, or (x - c)². */
function fillLut(
  f32: Float32Array,
  rule: Rule,
  ip: boolean,
  x: number,
  centroids: number,
  M: number,
  ksub: number,
  dsub: number,
  lut: number,
): void {
  for (let m = 0; m < M; m++) {
    const sub = x + m * dsub;
    const norm = rule === 'decomposed' ? fold(f32, true, sub, sub, dsub) : 0;
    for (let k = 0; k < ksub; k++) {
      const c = centroids + (m * ksub + k) * dsub;
      f32[lut + m * ksub + k] = entry(f32, rule, ip, sub, c, dsub, norm);
    }
  }
}

function entry(
  f32: Float32Array,
  rule: Rule,
  ip: boolean,
  x: number,
  c: number,
  dsub: number,
  norm: number,
): number {
  switch (rule) {
    case 'pair':
      return product(f32, ip, x, c, 0) + product(f32, ip, x, c, 1);
    case 'chain':
      return chain(f32, ip, x, c, 0, dsub, 0);
    case 'fold':
      return fold(f32, ip, x, c, dsub);
    case 'fold4':
      for (let l = 0; l < 4; l++) lanes[l] = product(f32, ip, x, c, l);
      return foldLanes(4);
    case 'fold12':
      for (let l = 0; l < 4; l++) {
        const s = fused(f32, ip, x, c, l, product(f32, ip, x, c, l + 4));
        lanes[l] = fused(f32, ip, x, c, l + 8, s);
      }
      return foldLanes(4);
    case 'decomposed':
      return fround(fold(f32, true, c, c, dsub) + norm) - 2 * chain(f32, true, x, c, 0, dsub, 0);
  }
}

/** The j-th product, rounded; unlike `fused` with 0 it can be -0. */
function product(f32: Float32Array, ip: boolean, x: number, c: number, j: number): number {
  const t = ip ? f32[x + j]! : fround(f32[x + j]! - f32[c + j]!);
  return fround(t * (ip ? f32[c + j]! : t));
}

/** The j-th product plus `s`, rounded once. */
function fused(f32: Float32Array, ip: boolean, x: number, c: number, j: number, s: number): number {
  const a = f32[x + j]!;
  const b = f32[c + j]!;
  if (ip) return fround(a * b + s);
  const t = fround(a - b);
  return fround(t * t + s);
}

function chain(
  f32: Float32Array,
  ip: boolean,
  x: number,
  c: number,
  from: number,
  dsub: number,
  start: number,
): number {
  let s = start;
  for (let j = from; j < dsub; j++) s = fused(f32, ip, x, c, j, s);
  return s;
}

function fold(f32: Float32Array, ip: boolean, x: number, c: number, dsub: number): number {
  let j = 0;
  lanes.fill(0);
  for (; j + 16 <= dsub; j += 16) {
    for (let l = 0; l < 16; l++) lanes[l] = fused(f32, ip, x, c, j + l, lanes[l]!);
  }
  for (let l = 0; l < 8; l++) lanes[l]! += lanes[l + 8]!;
  if (j + 8 <= dsub) {
    for (let l = 0; l < 8; l++) lanes[l] = fused(f32, ip, x, c, j + l, lanes[l]!);
    j += 8;
  }
  return chain(f32, ip, x, c, j, dsub, foldLanes(8));
}

/** Adds the upper half of the first `n` lanes to the lower, until one is left. */
function foldLanes(n: number): number {
  for (let half = n / 2; half >= 1; half /= 2) {
    for (let l = 0; l < half; l++) lanes[l]! += lanes[l + half]!;
  }
  return lanes[0]!;
}
