// Codes of additive quantizers: bit strings, lowest bit first, of an index into each codebook and then a norm.

// The `width` ≤ 24 bits from bit `at` of the string at p on; reads no byte that has none of them.
@inline
function bitsAt(p: usize, at: u32, width: u32): u32 {
  const shift = at & 7;
  const from = p + <usize>(at >>> 3);
  const last = (shift + width - 1) >>> 3;
  let word: u32 = load<u8>(from);
  if (last > 0) word |= <u32>load<u8>(from, 1) << 8;
  if (last > 1) word |= <u32>load<u8>(from, 2) << 16;
  if (last > 2) word |= <u32>load<u8>(from, 3) << 24;
  return (word >>> shift) & ((1 << width) - 1);
}

export function additiveScan(
  codes: usize,
  n: i32,
  codeSize: i32,
  M: i32,
  bits: usize,
  lut: usize,
  normBits: i32,
  norms: usize,
  bias: f32,
  factor: f32,
  out: usize,
): void {
  for (let i = 0; i < n; i++, codes += <usize>codeSize) {
    let sum: f32 = 0;
    let table = lut;
    let at: u32 = 0;
    for (let m = 0; m < M; m++) {
      const width = load<u32>(bits + (<usize>m << 2));
      sum += load<f32>(table + (<usize>bitsAt(codes, at, width) << 2));
      table += <usize>4 << width;
      at += width;
    }
    let v = factor * sum;
    if (normBits == 32) {
      const word = bitsAt(codes, at, 16) | (bitsAt(codes, at + 16, 16) << 16);
      v = reinterpret<f32>(word) + v;
    } else if (normBits > 0) {
      v = load<f32>(norms + (<usize>bitsAt(codes, at, <u32>normBits) << 2)) + v;
    }
    store<f32>(out + (<usize>i << 2), bias + v);
  }
}

export function additiveDecode(
  codes: usize,
  n: i32,
  codeSize: i32,
  M: i32,
  bits: usize,
  codebooks: usize,
  dsub: i32,
  parts: i32,
  out: usize,
): void {
  const size = <usize>dsub << 2;
  const whole = size & ~15;
  const each = M / parts;
  for (let i = 0; i < n; i++, codes += <usize>codeSize) {
    let book = codebooks;
    let at: u32 = 0;
    for (let m = 0; m < M; m++) {
      const width = load<u32>(bits + (<usize>m << 2));
      const row = book + <usize>bitsAt(codes, at, width) * size;
      const to = out + <usize>(m / each) * size;
      if (m % each == 0) memory.copy(to, row, size);
      else {
        let j: usize = 0;
        for (; j < whole; j += 16) v128.store(to + j, f32x4.add(v128.load(to + j), v128.load(row + j)));
        for (; j < size; j += 4) store<f32>(to + j, load<f32>(to + j) + load<f32>(row + j));
      }
      book += size << width;
      at += width;
    }
    out += <usize>parts * size;
  }
}

// Each index in turn becomes the best one beside the others, `iterations` times over all.
export function lsqSettle(codes: usize, n: i32, M: i32, K: i32, unaries: usize, pairs: usize, iterations: i32): void {
  const size = <usize>(M * K) << 2;
  const each = <usize>K << 2;
  const whole = each & ~15;
  for (let i = 0; i < n; i++, codes += <usize>M << 2, unaries += size) {
    for (let t = 0; t < iterations; t++) {
      for (let m = 0; m < M; m++) {
        const part = <usize>m * each;
        let best: f32 = f32.MAX_VALUE;
        let found = 0;
        let c: usize = 0;
        for (; c < whole; c += 16) {
          let v = v128.load(unaries + part + c);
          for (let o = 0; o < M; o++) {
            if (o == m) continue;
            const row = <usize>(o * K + load<i32>(codes + (<usize>o << 2))) * size;
            v = f32x4.add(v, v128.load(pairs + row + part + c));
          }
          const v0 = f32x4.extract_lane(v, 0), v1 = f32x4.extract_lane(v, 1);
          const v2 = f32x4.extract_lane(v, 2), v3 = f32x4.extract_lane(v, 3);
          const at = <i32>(c >>> 2);
          if (v0 < best) { best = v0; found = at; }
          if (v1 < best) { best = v1; found = at + 1; }
          if (v2 < best) { best = v2; found = at + 2; }
          if (v3 < best) { best = v3; found = at + 3; }
        }
        for (; c < each; c += 4) {
          let v = load<f32>(unaries + part + c);
          for (let o = 0; o < M; o++) {
            if (o == m) continue;
            const row = <usize>(o * K + load<i32>(codes + (<usize>o << 2))) * size;
            v += load<f32>(pairs + row + part + c);
          }
          if (v < best) { best = v; found = <i32>(c >>> 2); }
        }
        store<i32>(codes + (<usize>m << 2), found);
      }
    }
  }
}
