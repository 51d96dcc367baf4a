/** RaBitQ codes. Scalar reference, with the float32 rounding of the WASM form. */
import type { Ptr } from './contract.js';
import type { LinearMemory } from './memory/linear-memory.js';

const { abs, fround, sqrt, trunc } = Math;
const EPSILON = 2 ** -23;
/** Where a search for the best scale starts, as a share of its end; by the number of extra bits. */
const START_SHARE = Float32Array.of(0, 0.15, 0.2, 0.52, 0.59, 0.71, 0.75, 0.77, 0.81);

/** The scale t that makes `trunc(t · o) + 1/2` most parallel to o, whose components are at least 0. */
function bestScale(o: Float32Array, bits: number): number {
  const maxCode = 2 ** bits - 1;
  const maxO = o.reduce((a, b) => Math.max(a, b), 0);
  if (!(maxO > 0)) return 0;
  const end = fround((maxCode + 10) / maxO);
  const start = fround(end * START_SHARE[bits]!);
  const current = new Int32Array(o.length);
  let square = fround(o.length * 0.25);
  let numerator = 0;
  const steps: { t: number; j: number }[] = [];
  for (let j = 0; j < o.length; j++) {
    const v = o[j]!;
    const cur = trunc(fround(start * v) + 1e-5);
    current[j] = cur;
    square = fround(square + fround(cur * cur + cur));
    numerator = fround(numerator + fround((cur + 0.5) * v));
    const inverse = fround(1 / v);
    for (let next = cur + 1; next === cur + 1 || next <= maxCode; next++) {
      const t = fround(next * inverse);
      if (!(t < end)) break;
      steps.push({ t, j });
    }
  }
  steps.sort((a, b) => a.t - b.t || a.j - b.j);
  let root = fround(1 / fround(sqrt(square)));
  let best = 0;
  let found = 0;
  for (const { t, j } of steps) {
    const cur = ++current[j]!;
    const delta = 2 * cur;
    square = fround(square + delta);
    numerator = fround(numerator + o[j]!);
    const middle = fround(fround(square - delta) + fround(delta * 0.5));
    root = fround(root * fround(1 - fround(fround(0.5 * delta) / middle)));
    const product = fround(numerator * root);
    if (product > best) {
      best = product;
      found = t;
    }
  }
  return found;
}

/** Writes the extra bits and their two factors to `view` from `at` on; r is the residual. */
function encodeExtra(
  r: Float32Array,
  centroid: Float32Array | undefined,
  bits: number,
  similarity: boolean,
  view: DataView,
  at: number,
): void {
  const norm = fround(sqrt(fround(r.reduce((sum, v) => sum + v * v, 0))));
  if (norm < fround(1e-10)) return;
  const o = r.map((v) => abs(fround(v / norm)));
  const t = bestScale(o, bits);
  const maxCode = 2 ** bits - 1;
  let product = 0;
  let toCentroid = 0;
  for (let j = 0; j < r.length; j++) {
    let c = Math.min(trunc(fround(t * o[j]!) + 1e-5), maxCode);
    product += (c + 0.5) * o[j]!;
    if (r[j]! < 0) c = ~c & maxCode;
    const to = at + ((j * bits) >>> 3);
    const word = c << ((j * bits) & 7);
    view.setUint8(to, view.getUint8(to) | (word & 255));
    if (word > 255) view.setUint8(to + 1, view.getUint8(to + 1) | (word >>> 8));
    if (centroid) toCentroid += r[j]! * centroid[j]!;
  }
  let inverse = fround(1 / product);
  if (!(inverse >= 2 ** -126 && inverse < Number.POSITIVE_INFINITY)) inverse = 1;
  const factors = at + Math.ceil((r.length * bits) / 8);
  view.setFloat32(factors, similarity ? toCentroid : fround(norm * norm), true);
  view.setFloat32(factors + 4, fround(similarity ? inverse * norm : fround(inverse * -2) * norm), true);
}

function errorOf(square: number, root: number, sum: number, d: number): number {
  const half = fround(0.5 * sum);
  if (!(abs(half) > EPSILON)) return 0;
  const ratio = fround(fround(square * fround(d * 0.25)) / fround(half * half));
  if (!(ratio > 1)) return 0;
  const spread = d === 1 ? fround(ratio - 1) : fround(fround(ratio - 1) / (d - 1));
  return fround(fround(root * fround(1.9)) * fround(sqrt(spread)));
}

/** @see Kernels.rabitqEncode */
export function rabitqEncode(
  memory: LinearMemory,
  x: Ptr,
  n: number,
  d: number,
  centroid: Ptr,
  bits: number,
  similarity: boolean,
  codes: Ptr,
  stride: number,
  _scratch: Ptr,
): void {
  const { u8, f32 } = memory.whole;
  const view = new DataView(u8.buffer);
  const c = centroid === 0 ? undefined : f32.slice(centroid >>> 2, (centroid >>> 2) + d);
  const rootD = fround(1 / fround(sqrt(d)));
  const r = new Float32Array(d);
  for (let i = 0; i < n; i++) {
    const code = codes + i * stride;
    u8.fill(0, code, code + stride);
    let [square, own, sum] = [0, 0, 0];
    for (let j = 0; j < d; j++) {
      const v = f32[(x >>> 2) + i * d + j]!;
      const diff = fround(v - (c?.[j] ?? 0));
      r[j] = diff;
      square = fround(square + fround(diff * diff));
      own = fround(own + fround(v * v));
      sum = fround(sum + (diff > 0 ? diff : -diff));
      if (diff > 0) u8[code + (j >>> 3)]! |= 1 << (j & 7);
    }
    const root = fround(sqrt(square));
    const normalized = fround(fround(sum * (square < EPSILON ? 1 : fround(1 / root))) * rootD);
    const inverse = abs(normalized) < EPSILON ? 1 : fround(1 / normalized);
    const factors = code + Math.ceil(d / 8);
    view.setFloat32(factors, similarity ? square - own : square, true);
    view.setFloat32(factors + 4, inverse * root, true);
    if (bits === 0) continue;
    view.setFloat32(factors + 8, (similarity ? 1 : 2) * errorOf(square, root, sum, d), true);
    encodeExtra(r, c, bits, similarity, view, factors + 12);
  }
}
