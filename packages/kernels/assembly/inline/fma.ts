// Fused multiply-add in float32, by way of float64: the product of two float32 is exact there, so that a * b + c is
// rounded to 53 bits and then to 24. That differs from one rounding about once in 2^29 times.

@inline
function high(a: v128): v128 {
  return i32x4.shuffle(a, a, 2, 3, 2, 3);
}

@inline
export function fma1(a: f32, b: f32, c: f32): f32 {
  return <f32>(<f64>a * <f64>b + <f64>c);
}

@inline
export function fma4(a: v128, b: v128, c: v128): v128 {
  const low = f64x2.add(
    f64x2.mul(f64x2.promote_low_f32x4(a), f64x2.promote_low_f32x4(b)),
    f64x2.promote_low_f32x4(c),
  );
  const up = f64x2.add(
    f64x2.mul(f64x2.promote_low_f32x4(high(a)), f64x2.promote_low_f32x4(high(b))),
    f64x2.promote_low_f32x4(high(c)),
  );
  return i32x4.shuffle(f32x4.demote_f64x2_zero(low), f32x4.demote_f64x2_zero(up), 0, 1, 4, 5);
}
