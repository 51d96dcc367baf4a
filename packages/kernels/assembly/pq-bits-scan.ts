// Table sums over product-quantizer codes of any width: one bit string a vector, lowest bit first.

// The `nbits` bits from bit `at` of the string at p on; reads no byte that has none of them.
@inline
function indexAt(p: usize, at: u32, nbits: u32): u32 {
  const shift = at & 7;
  const from = p + <usize>(at >>> 3);
  const last = (shift + nbits - 1) >>> 3;
  let word: u32 = load<u8>(from);
  if (last > 0) word |= <u32>load<u8>(from, 1) << 8;
  if (last > 1) word |= <u32>load<u8>(from, 2) << 16;
  if (last > 2) word |= <u32>load<u8>(from, 3) << 24;
  return (word >>> shift) & ((1 << nbits) - 1);
}

export function pqBitsScan(
  codes: usize,
  n: i32,
  M: i32,
  nbits: i32,
  codeSize: i32,
  lut: usize,
  base: f32,
  out: usize,
): void {
  const size = <usize>codeSize;
  const width = <u32>nbits;
  const row = <usize>4 << nbits;
  let i = 0;
  for (; i + 4 <= n; i += 4, codes += 4 * size) {
    let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
    let table = lut;
    for (let m: u32 = 0, at: u32 = 0; m < <u32>M; m++, at += width, table += row) {
      s0 += load<f32>(table + (<usize>indexAt(codes, at, width) << 2));
      s1 += load<f32>(table + (<usize>indexAt(codes + size, at, width) << 2));
      s2 += load<f32>(table + (<usize>indexAt(codes + 2 * size, at, width) << 2));
      s3 += load<f32>(table + (<usize>indexAt(codes + 3 * size, at, width) << 2));
    }
    store<f32>(out + (<usize>i << 2), base + s0);
    store<f32>(out + (<usize>i << 2), base + s1, 4);
    store<f32>(out + (<usize>i << 2), base + s2, 8);
    store<f32>(out + (<usize>i << 2), base + s3, 12);
  }
  for (; i < n; i++, codes += size) {
    let s: f32 = 0;
    let table = lut;
    for (let m: u32 = 0, at: u32 = 0; m < <u32>M; m++, at += width, table += row) {
      s += load<f32>(table + (<usize>indexAt(codes, at, width) << 2));
    }
    store<f32>(out + (<usize>i << 2), base + s);
  }
}
