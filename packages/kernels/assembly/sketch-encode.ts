// Forms of lists of rows as sketches; what they hold is told in inline/sketches.
import { fold, zero } from './inline/lanes';
import { groupBytes, headerOf, padded } from './inline/nibbles';
import { SKETCH_FACTS, sketchGroupBytes } from './inline/sketches';
import { center, encodeRow } from './nibble-encode';

/** <c, q> for the code of a byte a component at k. */
function alongCenter(c: usize, k: usize, d: i32): f32 {
  let sum = zero();
  for (let j = 0; j < d; j += 4) {
    const nibble = f32x4.convert_i32x4_s(i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(v128.load32_zero(k + <usize>j))));
    const q = f32x4.sub(f32x4.add(nibble, nibble), f32x4.splat(15));
    // past the end c is zero
    sum = f32x4.add(sum, f32x4.mul(v128.load(c + (<usize>j << 2)), q));
  }
  return fold(sum);
}

export function sketchEncode(rows: usize, rests: usize, n: i32, d: i32, form: usize, scratch: usize): void {
  center(rows, n, d, form);
  const d16 = padded(d);
  const k = scratch + (<usize>((d + 31) & ~31) << 2), nibbles = k + (<usize>((d + 31) & ~31));
  let group = form + headerOf(d);
  for (let i = 0; i < n; i += 4, group += sketchGroupBytes(d)) {
    const facts = group + (d16 << 1);
    memory.fill(nibbles, 0, groupBytes(d));
    memory.fill(facts, 0, SKETCH_FACTS);
    for (let j = 0; j < min(4, n - i); j++, rows += <usize>d << 2, rests += 4) {
      encodeRow(rows, d, form, nibbles, j, scratch);
      const own = nibbles + (d16 << 1) + (<usize>j << 2);
      const kept = load<f32>(own), lost = load<f32>(own, 16), inverse = load<f32>(own, 32);
      const s = kept * inverse;
      // a row without a code has none of what may be left at k
      const along: f32 = inverse > 0 ? s * alongCenter(form, k, d) : 0;
      store<f32>(facts + (<usize>j << 2), kept * kept + lost * lost + load<f32>(rests) + (along + along));
      store<f32>(facts + (<usize>j << 2), s, 16);
    }
    memory.copy(group, nibbles, d16 << 1);
  }
}
