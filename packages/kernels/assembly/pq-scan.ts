// Table sums over plain product-quantizer codes, four vectors side by side; each sum runs in order of m.

export function pq8Scan(codes: usize, n: i32, M: i32, lut: usize, base: f32, out: usize): void {
  const M1 = <usize>M;
  let i = 0;
  for (; i + 4 <= n; i += 4, codes += 4 * M1) {
    let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
    let table = lut;
    let p = codes;
    for (const end = codes + M1; p < end; p++, table += 1024) {
      s0 += load<f32>(table + (<usize>load<u8>(p) << 2));
      s1 += load<f32>(table + (<usize>load<u8>(p + M1) << 2));
      s2 += load<f32>(table + (<usize>load<u8>(p + 2 * M1) << 2));
      s3 += load<f32>(table + (<usize>load<u8>(p + 3 * M1) << 2));
    }
    store<f32>(out + (<usize>i << 2), base + s0);
    store<f32>(out + (<usize>i << 2), base + s1, 4);
    store<f32>(out + (<usize>i << 2), base + s2, 8);
    store<f32>(out + (<usize>i << 2), base + s3, 12);
  }
  for (; i < n; i++, codes += M1) {
    let s: f32 = 0;
    let table = lut;
    for (let p = codes; p < codes + M1; p++, table += 1024) s += load<f32>(table + (<usize>load<u8>(p) << 2));
    store<f32>(out + (<usize>i << 2), base + s);
  }
}

// Both nibbles of one byte: sub-quantizers 2s (low) and 2s + 1 (high).
@inline
function pair(s: f32, table: usize, byte: u32): f32 {
  return s + load<f32>(table + (<usize>(byte & 15) << 2)) + load<f32>(table + (<usize>(byte >>> 4) << 2), 64);
}

export function pq4CodesScan(codes: usize, n: i32, M: i32, codeSize: i32, lut: usize, base: f32, out: usize): void {
  const pairs = <usize>(M >>> 1);
  const size = <usize>codeSize;
  let i = 0;
  for (; i + 4 <= n; i += 4, codes += 4 * size) {
    let s0: f32 = 0, s1: f32 = 0, s2: f32 = 0, s3: f32 = 0;
    let table = lut;
    let p = codes;
    for (const end = codes + pairs; p < end; p++, table += 128) {
      s0 = pair(s0, table, load<u8>(p));
      s1 = pair(s1, table, load<u8>(p + size));
      s2 = pair(s2, table, load<u8>(p + 2 * size));
      s3 = pair(s3, table, load<u8>(p + 3 * size));
    }
    if (M & 1) {
      s0 += load<f32>(table + (<usize>(load<u8>(p) & 15) << 2));
      s1 += load<f32>(table + (<usize>(load<u8>(p + size) & 15) << 2));
      s2 += load<f32>(table + (<usize>(load<u8>(p + 2 * size) & 15) << 2));
      s3 += load<f32>(table + (<usize>(load<u8>(p + 3 * size) & 15) << 2));
    }
    store<f32>(out + (<usize>i << 2), base + s0);
    store<f32>(out + (<usize>i << 2), base + s1, 4);
    store<f32>(out + (<usize>i << 2), base + s2, 8);
    store<f32>(out + (<usize>i << 2), base + s3, 12);
  }
  for (; i < n; i++, codes += size) {
    let s: f32 = 0;
    let table = lut;
    let p = codes;
    for (const end = codes + pairs; p < end; p++, table += 128) s = pair(s, table, load<u8>(p));
    if (M & 1) s += load<f32>(table + (<usize>(load<u8>(p) & 15) << 2));
    store<f32>(out + (<usize>i << 2), base + s);
  }
}
