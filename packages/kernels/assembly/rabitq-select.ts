// RaBitQ search of one query over all lists that it visits, in one call: the query is turned into bits around each centroid,
// codes are compared by their signs and, where they have more bits, by all of them if the bound from the signs leaves a chance.
import { rabitqFull, rabitqScan } from './rabitq';
import { selectF32 } from './reservoir';

/** Bytes of a visit: codes, centroid, count, position of the first code. */
const VISIT: usize = 16;
/** Codes a call of the scan; whose bounds are looked at together. */
const BLOCK = 256;
const SIFT = 64;
/** Bytes of the factors behind the signs where there are more bits. */
const FACTORS: usize = 12;
const FLT_MAX: f32 = 3.4028234663852886e38;

@inline
function upTo16(n: usize): usize {
  return (n + 15) & ~15;
}

@inline
function low64(a: v128): v128 {
  return f64x2.promote_low_f32x4(a);
}

@inline
function high64(a: v128): v128 {
  return f64x2.promote_low_f32x4(i32x4.shuffle(a, a, 2, 3, 2, 3));
}

// Four float64 sums, those of components j, j + 4, j + 8 … each.
@inline
function total(low: v128, high: v128): f64 {
  const s = f64x2.add(low, high);
  return f64x2.extract_lane(s, 0) + f64x2.extract_lane(s, 1);
}

export function rabitqQuery(
  x: usize,
  centroid: usize,
  d: i32,
  qb: i32,
  residual: usize,
  values: usize,
  planes: usize,
  facts: usize,
): void {
  const end = <usize>d << 2, whole = end & ~15;
  // behind the last component there are zeros, that count for nothing
  for (let j = end; j < (<usize>((d + 15) & ~15) << 2); j += 4) store<f32>(residual + j, 0);
  let toC0 = f64x2.splat(0), toC1 = toC0, norm0 = toC0, norm1 = toC0, product0 = toC0, product1 = toC0;
  let least = f32x4.splat(Infinity), most = f32x4.splat(-Infinity);
  for (let j: usize = 0; j < end; j += 16) {
    let v: v128, c = f32x4.splat(0);
    if (j < whole) {
      v = v128.load(x + j);
      if (centroid) c = v128.load(centroid + j);
    } else {
      v = rest(x + j, end - j);
      if (centroid) c = rest(centroid + j, end - j);
    }
    const r = f32x4.sub(v, c);
    v128.store(residual + j, r);
    const r0 = low64(r), r1 = high64(r), v0 = low64(v), v1 = high64(v);
    toC0 = f64x2.add(toC0, f64x2.mul(r0, r0));
    toC1 = f64x2.add(toC1, f64x2.mul(r1, r1));
    norm0 = f64x2.add(norm0, f64x2.mul(v0, v0));
    norm1 = f64x2.add(norm1, f64x2.mul(v1, v1));
    product0 = f64x2.add(product0, f64x2.mul(v0, low64(c)));
    product1 = f64x2.add(product1, f64x2.mul(v1, high64(c)));
    if (j < whole) {
      least = f32x4.min(least, r);
      most = f32x4.max(most, r);
    }
  }
  let low = min<f32>(
    min<f32>(f32x4.extract_lane(least, 0), f32x4.extract_lane(least, 1)),
    min<f32>(f32x4.extract_lane(least, 2), f32x4.extract_lane(least, 3)),
  );
  let high = max<f32>(
    max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (let j = whole; j < end; j += 4) {
    low = min<f32>(low, load<f32>(residual + j));
    high = max<f32>(high, load<f32>(residual + j));
  }
  const top = <f32>((1 << qb) - 1);
  const delta: f32 = (high - low) / top;
  const inverse: f32 = delta > 0 ? <f32>1 / delta : 0;
  const sum = quantize(residual, values, d, low, inverse, top);
  writePlanes(values, planes, d, qb);
  const rootD: f32 = <f32>1 / sqrt<f32>(<f32>d);
  store<f32>(facts, <f32>2 * delta * rootD);
  store<f32>(facts, <f32>2 * low * rootD, 4);
  store<f32>(facts, rootD * (delta * <f32>sum + <f32>d * low), 8);
  store<f32>(facts, <f32>total(toC0, toC1), 12);
  store<f32>(facts, <f32>total(norm0, norm1), 16);
  store<f32>(facts, <f32>qb, 20);
  store<f32>(facts, 0, 24);
  store<f32>(facts, <f32>total(product0, product1), 28);
}

// Up to three floats, zeros behind them.
function rest(p: usize, bytes: usize): v128 {
  let v = v128.load32_zero(p);
  if (bytes > 4) v = v128.load32_lane(p + 4, v, 1);
  if (bytes > 8) v = v128.load32_lane(p + 8, v, 2);
  return v;
}

// Components as whole numbers up to `top`, a byte each; their sum.
function quantize(residual: usize, values: usize, d: i32, low: f32, inverse: f32, top: f32): i32 {
  const lows = f32x4.splat(low), inverses = f32x4.splat(inverse), tops = f32x4.splat(top);
  const half = f32x4.splat(0.5), none = f32x4.splat(0);
  let sums = i64x2.splat(0);
  let j = 0;
  for (; j < d; j += 4) {
    const v = f32x4.mul(f32x4.sub(v128.load(residual + (<usize>j << 2)), lows), inverses);
    let q = i32x4.trunc_sat_f32x4_s(f32x4.add(f32x4.max(none, f32x4.min(tops, v)), half));
    q = i32x4.min_s(q, i32x4.trunc_sat_f32x4_s(tops));
    if (d - j < 4) q = v128.and(q, firstLanes(d - j));
    sums = i32x4.add(sums, q);
    const words = i16x8.narrow_i32x4_u(q, q);
    v128.store32_lane(values + <usize>j, i8x16.narrow_i16x8_u(words, words), 0);
  }
  for (; j & 15; j += 4) store<u32>(values + <usize>j, 0);
  return (
    i32x4.extract_lane(sums, 0) + i32x4.extract_lane(sums, 1) + i32x4.extract_lane(sums, 2) + i32x4.extract_lane(sums, 3)
  );
}

function firstLanes(n: i32): v128 {
  let mask = i32x4(-1, 0, 0, 0);
  if (n > 1) mask = i32x4.replace_lane(mask, 1, -1);
  if (n > 2) mask = i32x4.replace_lane(mask, 2, -1);
  return mask;
}

// Bit p of sixteen bytes at a time, to word p of eight for sixty-four components; what is not used of them is zero.
function writePlanes(values: usize, planes: usize, d: i32, qb: i32): void {
  memory.fill(planes, 0, <usize>((d + 63) >>> 6) << 6);
  for (let j = 0; j < d; j += 16) {
    const bytes = v128.load(values + <usize>j);
    const at = planes + (<usize>(j >>> 6) << 6) + (<usize>(j & 63) >>> 3);
    for (let p = 0; p < qb; p++) {
      store<u16>(at + (<usize>p << 3), <u16>i8x16.bitmask(i8x16.shl(bytes, 7 - p)));
    }
  }
}

// A max-heap of the best keys, of which only the worst is asked for.
@inline
function raise(heap: usize, at: i32, key: f32): void {
  let i = at;
  while (i > 0) {
    const parent = (i - 1) >> 1;
    const p = load<f32>(heap + (<usize>parent << 2));
    if (p >= key) break;
    store<f32>(heap + (<usize>i << 2), p);
    i = parent;
  }
  store<f32>(heap + (<usize>i << 2), key);
}

@inline
function replace(heap: usize, size: i32, key: f32): void {
  let i = 0;
  while (true) {
    let child = 2 * i + 1;
    if (child >= size) break;
    let c = load<f32>(heap + (<usize>child << 2));
    if (child + 1 < size) {
      const right = load<f32>(heap + (<usize>child << 2), 4);
      if (right > c) {
        c = right;
        child++;
      }
    }
    if (c <= key) break;
    store<f32>(heap + (<usize>i << 2), c);
    i = child;
  }
  store<f32>(heap + (<usize>i << 2), key);
}

export function rabitqSelect(
  visits: usize,
  nvisits: i32,
  x: usize,
  d: i32,
  qb: i32,
  bits: i32,
  size: i32,
  ip: bool,
  k: i32,
  r: usize,
  scratch: usize,
): void {
  const signs = (d + 7) >>> 3;
  const d16 = upTo16(<usize>d);
  const residual = scratch, values = residual + (d16 << 2), planes = values + d16;
  const facts = planes + (<usize>((d + 63) >>> 6) << 6);
  const out = facts + 32, ids = out + 4 * BLOCK, full = ids + 4 * SIFT, kept = full + 4 * SIFT, heap = kept + 4 * SIFT;
  let threshold = FLT_MAX;
  let best = 0;
  for (const end = visits + <usize>nvisits * VISIT; visits < end; visits += VISIT) {
    const codes = load<usize>(visits);
    const n = load<i32>(visits, 8), first = load<i32>(visits, 12);
    rabitqQuery(x, load<usize>(visits, 4), d, qb, residual, values, planes, facts);
    if (bits == 0) {
      for (let from = 0; from < n; from += BLOCK) {
        const count = min(BLOCK, n - from);
        rabitqScan(codes + <usize>from * <usize>size, count, size, signs, planes, facts, ip, out);
        selectF32(out, count, ip, first + from, 0, r);
      }
      continue;
    }
    const base = load<f32>(facts + (ip ? 28 : 12));
    store<f32>(facts, sqrt<f32>(load<f32>(facts, 12)), 24);
    for (let from = 0; from < n; from += SIFT) {
      const count = min(SIFT, n - from);
      const at = codes + <usize>from * <usize>size;
      rabitqScan(at, count, size, signs, planes, facts, ip, out);
      let passed = 0;
      for (let i = 0; i < count; i++) {
        const bound = load<f32>(out + (<usize>i << 2));
        store<i32>(ids + (<usize>passed << 2), i);
        passed += i32((ip ? -bound : bound) < threshold);
      }
      if (!passed) continue;
      const extra = at + <usize>signs + FACTORS;
      rabitqFull(at, size, extra, size, ids, passed, d, bits, residual, base, ip, full);
      let offered = 0;
      for (let i = 0; i < passed; i++) {
        const id = load<i32>(ids + (<usize>i << 2));
        const bound = load<f32>(out + (<usize>id << 2));
        // better results may be known by now
        if (!((ip ? -bound : bound) < threshold)) continue;
        const value = load<f32>(full + (<usize>i << 2));
        const key = ip ? -value : value;
        if (key < threshold) {
          if (best < k) raise(heap, best++, key);
          else replace(heap, k, key);
          if (best == k) threshold = load<f32>(heap);
        }
        store<f32>(full + (<usize>offered << 2), value);
        store<i32>(kept + (<usize>offered << 2), first + from + id);
        offered++;
      }
      if (offered) selectF32(full, offered, ip, 0, kept, r);
    }
  }
}
