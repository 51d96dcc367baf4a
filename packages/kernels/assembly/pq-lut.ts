// Tables of a product quantizer, rounded as faiss 1.15.1 rounds them on AVX-512 (the rules are in src/pq-lut.ts).
import { fma1, fma4 } from './inline/fma';
import { fold, zero } from './inline/lanes';

// The factors of the products that are summed: (x, c), or the difference twice.
@inline
function left(ip: bool, x: v128, c: v128): v128 {
  return ip ? x : f32x4.sub(x, c);
}

@inline
function tail(ip: bool, x: usize, c: usize, from: i32, dsub: i32, s: f32): f32 {
  for (let j = from; j < dsub; j++) {
    const a = load<f32>(x + (<usize>j << 2)), b = load<f32>(c + (<usize>j << 2));
    s = ip ? fma1(a, b, s) : fma1(a - b, a - b, s);
  }
  return s;
}

// Rule "fold": 16 lanes fused, folded to 8, 8 more lanes, folded to one, the rest fused in order.
@inline
function foldRow(ip: bool, x: usize, c: usize, dsub: i32): f32 {
  let s0 = zero(), s1 = zero();
  let j = 0;
  if (dsub >= 16) {
    let s2 = zero(), s3 = zero();
    for (; j + 16 <= dsub; j += 16) {
      const p = x + (<usize>j << 2), r = c + (<usize>j << 2);
      const c0 = v128.load(r), c1 = v128.load(r, 16), c2 = v128.load(r, 32), c3 = v128.load(r, 48);
      const t0 = left(ip, v128.load(p), c0), t1 = left(ip, v128.load(p, 16), c1);
      const t2 = left(ip, v128.load(p, 32), c2), t3 = left(ip, v128.load(p, 48), c3);
      s0 = fma4(t0, ip ? c0 : t0, s0);
      s1 = fma4(t1, ip ? c1 : t1, s1);
      s2 = fma4(t2, ip ? c2 : t2, s2);
      s3 = fma4(t3, ip ? c3 : t3, s3);
    }
    s0 = f32x4.add(s0, s2);
    s1 = f32x4.add(s1, s3);
  }
  if (j + 8 <= dsub) {
    const p = x + (<usize>j << 2), r = c + (<usize>j << 2);
    const c0 = v128.load(r), c1 = v128.load(r, 16);
    const t0 = left(ip, v128.load(p), c0), t1 = left(ip, v128.load(p, 16), c1);
    s0 = fma4(t0, ip ? c0 : t0, s0);
    s1 = fma4(t1, ip ? c1 : t1, s1);
    j += 8;
  }
  return tail(ip, x, c, j, dsub, j == 0 ? 0 : fold(f32x4.add(s0, s1)));
}

@inline
function fold4Row(ip: bool, x: usize, c: usize): f32 {
  const c0 = v128.load(c), t0 = left(ip, v128.load(x), c0);
  return fold(f32x4.mul(t0, ip ? c0 : t0));
}

@inline
function fold12Row(ip: bool, x: usize, c: usize): f32 {
  const c0 = v128.load(c), c1 = v128.load(c, 16), c2 = v128.load(c, 32);
  const t0 = left(ip, v128.load(x), c0), t1 = left(ip, v128.load(x, 16), c1), t2 = left(ip, v128.load(x, 32), c2);
  const s = fma4(t0, ip ? c0 : t0, f32x4.mul(t1, ip ? c1 : t1));
  return fold(fma4(t2, ip ? c2 : t2, s));
}

// One more component of four centroids: s + x_j c_j, or s + (x_j - c_j)^2, fused; the first is a plain product.
@inline
function chainStep(ip: bool, first: bool, x: v128, c: v128, s: v128): v128 {
  const t = left(ip, x, c);
  const u = ip ? c : t;
  return first ? f32x4.mul(t, u) : fma4(t, u, s);
}

// Rule "chain" for four centroids, rows transposed four components at a time.
@inline
function chain4(ip: bool, x: usize, c: usize, dsub: i32): v128 {
  const rowBytes = <usize>dsub << 2;
  let c0 = c, c1 = c + rowBytes, c2 = c1 + rowBytes, c3 = c2 + rowBytes;
  let s = zero();
  let j = 0;
  for (; j + 4 <= dsub; j += 4, x += 16, c0 += 16, c1 += 16, c2 += 16, c3 += 16) {
    const r0 = v128.load(c0), r1 = v128.load(c1), r2 = v128.load(c2), r3 = v128.load(c3);
    const lo01 = i32x4.shuffle(r0, r1, 0, 4, 1, 5), lo23 = i32x4.shuffle(r2, r3, 0, 4, 1, 5);
    const hi01 = i32x4.shuffle(r0, r1, 2, 6, 3, 7), hi23 = i32x4.shuffle(r2, r3, 2, 6, 3, 7);
    s = chainStep(ip, false, v128.load32_splat(x), i64x2.shuffle(lo01, lo23, 0, 2), s);
    s = chainStep(ip, false, v128.load32_splat(x, 4), i64x2.shuffle(lo01, lo23, 1, 3), s);
    s = chainStep(ip, false, v128.load32_splat(x, 8), i64x2.shuffle(hi01, hi23, 0, 2), s);
    s = chainStep(ip, false, v128.load32_splat(x, 12), i64x2.shuffle(hi01, hi23, 1, 3), s);
  }
  for (; j < dsub; j++, x += 4, c0 += 4, c1 += 4, c2 += 4, c3 += 4) {
    let column = v128.load32_zero(c0);
    column = v128.load32_lane(c1, column, 1);
    column = v128.load32_lane(c2, column, 2);
    column = v128.load32_lane(c3, column, 3);
    s = chainStep(ip, false, v128.load32_splat(x), column, s);
  }
  return s;
}

// dsub = 2: [c0_0 c0_1 c1_0 c1_1] [c2_0 …] de-interleaved; fused only where faiss does.
@inline
function pair4(ip: bool, fused: bool, x: usize, c: usize): v128 {
  const r0 = v128.load(c), r1 = v128.load(c, 16);
  const c0 = i32x4.shuffle(r0, r1, 0, 2, 4, 6), c1 = i32x4.shuffle(r0, r1, 1, 3, 5, 7);
  const s = chainStep(ip, true, v128.load32_splat(x), c0, zero());
  const x1 = v128.load32_splat(x, 4);
  return fused ? chainStep(ip, false, x1, c1, s) : f32x4.add(s, chainStep(ip, true, x1, c1, s));
}

@inline
function pairRow(ip: bool, x: usize, c: usize): f32 {
  const x0 = load<f32>(x), x1 = load<f32>(x, 4), c0 = load<f32>(c), c1 = load<f32>(c, 4);
  return ip ? x0 * c0 + x1 * c1 : (x0 - c0) * (x0 - c0) + (x1 - c1) * (x1 - c1);
}

@inline
function chain(ip: bool, x: usize, c: usize, ksub: i32, dsub: i32, out: usize): void {
  const rowBytes = <usize>dsub << 2;
  let k = 0;
  for (; k + 4 <= ksub; k += 4) v128.store(out + (<usize>k << 2), chain4(ip, x, c + <usize>k * rowBytes, dsub));
  for (; k < ksub; k++) store<f32>(out + (<usize>k << 2), tail(ip, x, c + <usize>k * rowBytes, 0, dsub, 0));
}

// ||x||^2 + ||c||^2 - 2 <x, c>, for long sub-vectors.
function decomposed(x: usize, c: usize, ksub: i32, dsub: i32, out: usize): void {
  const rowBytes = <usize>dsub << 2;
  chain(true, x, c, ksub, dsub, out);
  const xNorm = foldRow(true, x, x, dsub);
  for (let k = 0; k < ksub; k++, c += rowBytes, out += 4) {
    const product = load<f32>(out);
    store<f32>(out, foldRow(true, c, c, dsub) + xNorm - (product + product));
  }
}

@inline
function table(ip: bool, x: usize, c: usize, ksub: i32, dsub: i32, out: usize): void {
  const rowBytes = <usize>dsub << 2;
  if (dsub == 2) {
    let k = 0;
    if (ksub < 256) {
      for (; k + 4 <= ksub; k += 4) v128.store(out + (<usize>k << 2), pair4(ip, false, x, c + (<usize>k << 3)));
      for (; k < ksub; k++) store<f32>(out + (<usize>k << 2), pairRow(ip, x, c + (<usize>k << 3)));
    } else {
      for (; k < ksub; k += 4) v128.store(out + (<usize>k << 2), pair4(ip, true, x, c + (<usize>k << 3)));
    }
  } else if (dsub == 12) {
    for (let k = 0; k < ksub; k++) store<f32>(out + (<usize>k << 2), fold12Row(ip, x, c + <usize>k * rowBytes));
  } else if (dsub == 4 && ksub < 16) {
    for (let k = 0; k < ksub; k++) store<f32>(out + (<usize>k << 2), fold4Row(ip, x, c + <usize>k * rowBytes));
  } else if (dsub >= 16) {
    if (ip) chain(true, x, c, ksub, dsub, out);
    else decomposed(x, c, ksub, dsub, out);
  } else if (dsub > 8 || (dsub == 8 && ksub < 16)) {
    for (let k = 0; k < ksub; k++) store<f32>(out + (<usize>k << 2), foldRow(ip, x, c + <usize>k * rowBytes, dsub));
  } else {
    chain(ip, x, c, ksub, dsub, out);
  }
}

export function pqLutL2(x: usize, centroids: usize, M: i32, ksub: i32, dsub: i32, lut: usize): void {
  const xBytes = <usize>dsub << 2, outBytes = <usize>ksub << 2;
  for (let m = 0; m < M; m++, x += xBytes, centroids += outBytes * <usize>dsub, lut += outBytes) {
    table(false, x, centroids, ksub, dsub, lut);
  }
}

export function pqLutIp(x: usize, centroids: usize, M: i32, ksub: i32, dsub: i32, lut: usize): void {
  const xBytes = <usize>dsub << 2, outBytes = <usize>ksub << 2;
  for (let m = 0; m < M; m++, x += xBytes, centroids += outBytes * <usize>dsub, lut += outBytes) {
    table(true, x, centroids, ksub, dsub, lut);
  }
}
