// RaBitQ: distances from one bit a dimension by population counts, and from all bits by float products.
import { fold } from './inline/lanes';

// The value of 1-bit codes, or the best that it may be, from the product with the query's bits: see the contract.
@inline
function estimate(product: f32, factors: usize, toC: f32, norm: f32, error: f32, similarity: bool): f32 {
  const v = load<f32>(factors) + toC - 2 * load<f32>(factors, 4) * product;
  const slack = error == 0 ? <f32>0 : load<f32>(factors, 8) * error;
  if (similarity) return <f32>-0.5 * (v - norm) + slack;
  const least = (v > 0 ? v : 0) - slack;
  return least > 0 ? least : 0;
}

export function rabitqScan(
  codes: usize,
  n: i32,
  stride: i32,
  bytes: i32,
  planes: usize,
  facts: usize,
  similarity: bool,
  out: usize,
): void {
  const whole = codes + (<usize>bytes & ~7);
  // what a load of the last bits reads past them are factors
  const mask: u64 = ((<u64>1) << (<u64>(bytes & 7) << 3)) - 1;
  const c1 = load<f32>(facts), c2 = load<f32>(facts, 4), c34 = load<f32>(facts, 8);
  const toC = load<f32>(facts, 12), norm = load<f32>(facts, 16);
  const used = <i32>load<f32>(facts, 20);
  const error = load<f32>(facts, 24);
  let end = whole;
  for (let i = 0; i < n; i++, codes += <usize>stride, end += <usize>stride) {
    let ones: u64 = 0, d0: u64 = 0, d1: u64 = 0, d2: u64 = 0, d3: u64 = 0;
    let p = planes;
    let at = codes;
    for (; at < end; at += 8, p += 64) {
      const c = load<u64>(at);
      ones += popcnt<u64>(c);
      d0 += popcnt<u64>(c & load<u64>(p));
      d1 += popcnt<u64>(c & load<u64>(p, 8));
      d2 += popcnt<u64>(c & load<u64>(p, 16));
      d3 += popcnt<u64>(c & load<u64>(p, 24));
    }
    if (mask) {
      const c = load<u64>(at) & mask;
      ones += popcnt<u64>(c);
      d0 += popcnt<u64>(c & load<u64>(p));
      d1 += popcnt<u64>(c & load<u64>(p, 8));
      d2 += popcnt<u64>(c & load<u64>(p, 16));
      d3 += popcnt<u64>(c & load<u64>(p, 24));
    }
    let dot = d0 + (d1 << 1) + (d2 << 2) + (d3 << 3);
    for (let q = 4; q < used; q++) {
      let more: u64 = 0;
      p = planes + (<usize>q << 3);
      // planes are zero where there are no signs
      for (at = codes; at < codes + <usize>bytes; at += 8, p += 64) more += popcnt<u64>(load<u64>(at) & load<u64>(p));
      dot += more << <u64>q;
    }
    const product = c1 * <f32><i32>dot + c2 * <f32><i32>ones - c34;
    store<f32>(out + (<usize>i << 2), estimate(product, codes + <usize>bytes, toC, norm, error, similarity));
  }
}

export function rabitqFromSums(
  sums: usize,
  n: i32,
  factors: usize,
  stride: i32,
  facts: usize,
  similarity: bool,
  out: usize,
): void {
  const step = load<f32>(facts), offset = load<f32>(facts, 4), c34 = load<f32>(facts, 8);
  const toC = load<f32>(facts, 12), norm = load<f32>(facts, 16), error = load<f32>(facts, 20);
  for (let i = 0; i < n; i++, factors += <usize>stride) {
    const product = <f32>load<u16>(sums + (<usize>i << 1)) * step + offset - c34;
    store<f32>(out + (<usize>i << 2), estimate(product, factors, toC, norm, error, similarity));
  }
}

// Four codes of `bits` bits, at most 32 together, as floats: a lane's bits are cut out where they are and scaled down.
@inline
function codes4(word: u32, mask: v128, scale: v128): v128 {
  return f32x4.mul(f32x4.convert_i32x4_u(v128.and(i32x4.splat(word), mask)), scale);
}

@inline
function signs4(byte: u32, lanes: v128, value: v128): v128 {
  return v128.and(i32x4.ne(v128.and(i32x4.splat(byte), lanes), i64x2.splat(0)), value);
}

export function rabitqFull(
  signs: usize,
  signStride: i32,
  extra: usize,
  extraStride: i32,
  ids: usize,
  n: i32,
  d: i32,
  bits: i32,
  query: usize,
  base: f32,
  similarity: bool,
  out: usize,
): void {
  const width = <u32>bits;
  const m: u32 = (1 << width) - 1;
  let mask = i32x4.splat(<i32>m);
  mask = i32x4.replace_lane(mask, 1, <i32>(m << width));
  mask = i32x4.replace_lane(mask, 2, <i32>(m << (2 * width)));
  mask = i32x4.replace_lane(mask, 3, <i32>(m << (3 * width)));
  const one = <f32>1 / <f32>(1 << width);
  let scale = f32x4.splat(1);
  scale = f32x4.replace_lane(scale, 1, one);
  scale = f32x4.replace_lane(scale, 2, one * one);
  scale = f32x4.replace_lane(scale, 3, one * one * one);
  const lowLanes = i32x4(1, 2, 4, 8);
  const highLanes = i32x4(16, 32, 64, 128);
  const top = f32x4.splat(<f32>(1 << width));
  const cb = f32x4.splat(<f32>0.5 - <f32>(1 << width));
  const groups = (d + 7) >>> 3;
  const half = 4 * width;
  const size = (<usize>d * <usize>bits + 7) >>> 3;
  for (let i = 0; i < n; i++) {
    const row = ids == 0 ? <usize>i : <usize>load<u32>(ids + (<usize>i << 2));
    const sign = signs + row * <usize>signStride;
    const code = extra + row * <usize>extraStride;
    let a = f32x4.splat(0), b = f32x4.splat(0);
    for (let g = 0; g < groups; g++) {
      // eight bytes never reach past the two factors; what is behind the last code meets zeros of the query
      const w = load<u64>(code + <usize>g * <usize>bits);
      const s = <u32>load<u8>(sign + <usize>g);
      const va = f32x4.add(f32x4.add(codes4(<u32>w, mask, scale), signs4(s, lowLanes, top)), cb);
      const vb = f32x4.add(f32x4.add(codes4(<u32>(w >>> half), mask, scale), signs4(s, highLanes, top)), cb);
      const q = query + (<usize>g << 5);
      a = f32x4.add(a, f32x4.mul(v128.load(q), va));
      b = f32x4.add(b, f32x4.mul(v128.load(q, 16), vb));
    }
    const product = fold(f32x4.add(a, b));
    const v = base + load<f32>(code + size) + load<f32>(code + size, 4) * product;
    store<f32>(out + (<usize>i << 2), !similarity && v < 0 ? 0 : v);
  }
}
