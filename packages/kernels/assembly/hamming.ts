// Bits that differ between bit strings.

export function hammingNy(x: usize, codes: usize, size: i32, n: i32, out: usize): void {
  const whole = <usize>size & ~15;
  for (let i = 0; i < n; i++, codes += <usize>size) {
    let sum = i64x2.splat(0);
    let p: usize = 0;
    for (; p < whole; p += 16) {
      const bits = i8x16.popcnt(v128.xor(v128.load(x + p), v128.load(codes + p)));
      sum = i32x4.add(sum, i32x4.extadd_pairwise_i16x8_u(i16x8.extadd_pairwise_i8x16_u(bits)));
    }
    let count = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1);
    count += i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
    for (; p < <usize>size; p++) count += popcnt<u32>(<u32>load<u8>(x + p) ^ <u32>load<u8>(codes + p));
    store<f32>(out + (<usize>i << 2), <f32>count);
  }
}
