// Bits that differ between bit strings. Strings of 8 to 64 bytes in whole words have a loop of their own, with the query in
// registers: one instruction counts the bits of a word, where a count of bytes is half a dozen and has to be added up.

/** `words`, a constant, of 8 bytes each. */
@inline
function wordsNy(words: i32, x: usize, codes: usize, n: i32, out: usize): void {
  const a = load<u64>(x);
  const b = words > 1 ? load<u64>(x, 8) : 0;
  const c = words > 2 ? load<u64>(x, 16) : 0;
  const d = words > 3 ? load<u64>(x, 24) : 0;
  const e = words > 4 ? load<u64>(x, 32) : 0;
  const f = words > 5 ? load<u64>(x, 40) : 0;
  const g = words > 6 ? load<u64>(x, 48) : 0;
  const h = words > 7 ? load<u64>(x, 56) : 0;
  for (const end = out + (<usize>n << 2); out < end; out += 4, codes += <usize>words << 3) {
    let count = popcnt<u64>(a ^ load<u64>(codes));
    if (words > 1) count += popcnt<u64>(b ^ load<u64>(codes, 8));
    if (words > 2) count += popcnt<u64>(c ^ load<u64>(codes, 16));
    if (words > 3) count += popcnt<u64>(d ^ load<u64>(codes, 24));
    if (words > 4) count += popcnt<u64>(e ^ load<u64>(codes, 32));
    if (words > 5) count += popcnt<u64>(f ^ load<u64>(codes, 40));
    if (words > 6) count += popcnt<u64>(g ^ load<u64>(codes, 48));
    if (words > 7) count += popcnt<u64>(h ^ load<u64>(codes, 56));
    store<f32>(out, <f32>(<i32>count));
  }
}

/** Bits that differ between two strings of any length. */
@inline
function bits(x: usize, code: usize, size: usize): i32 {
  let p: usize = 0;
  let count: u64 = 0;
  for (; p + 8 <= size; p += 8) count += popcnt<u64>(load<u64>(x + p) ^ load<u64>(code + p));
  for (; p < size; p++) count += popcnt<u32>(<u32>load<u8>(x + p) ^ <u32>load<u8>(code + p));
  return <i32>count;
}

export function hammingNy(x: usize, codes: usize, size: i32, n: i32, out: usize): void {
  if (size == 8) wordsNy(1, x, codes, n, out);
  else if (size == 16) wordsNy(2, x, codes, n, out);
  else if (size == 32) wordsNy(4, x, codes, n, out);
  else if (size == 64) wordsNy(8, x, codes, n, out);
  else {
    for (let i: usize = 0; i < <usize>n; i++) {
      store<f32>(out + (i << 2), <f32>bits(x, codes + i * <usize>size, size));
    }
  }
}

export function hammingByIdx(x: usize, codes: usize, size: i32, ids: usize, n: i32, out: usize): void {
  for (let i: usize = 0, end = <usize>n << 2; i < end; i += 4) {
    const code = codes + <usize>load<u32>(ids + i) * <usize>size;
    store<f32>(out + i, <f32>bits(x, code, size));
  }
}
