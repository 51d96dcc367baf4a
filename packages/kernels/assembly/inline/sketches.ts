// Sketches: rows of a list in nibbles, to guess every distance from at few bytes a row.
//
// With y = row - c, c the mean of the list, and s q as in inline/nibbles,
//
//      |x - row|² = |x - c|² + |y|² - 2 <x - c, y>  ≈  |x - c|² + (|y|² + 2 s <c, q>) - 2 s <x, q>
//
// so that of a query only x itself is rounded, once for all lists. What is lost, 2 <x - c, y - s q>, has no sign.
//
// A form, 16-byte aligned: the header and the codes of inline/nibbles, but 32 bytes of facts a group: |y|² + rest + 2 s <c, q>
// and s of four rows; the rest is given, what else their squared lengths have. A query, 16-byte aligned: x, f32 (d filled up
// to a multiple of 4); v, i8 (d16), x ≈ t v; and t, f32, 15 sum(v), i32, and 8 bytes.
import { padded } from './nibbles';

/** Bytes of facts of a group. */
export const SKETCH_FACTS: usize = 32;

@inline
export function sketchGroupBytes(d: i32): usize {
  return (padded(d) << 1) + SKETCH_FACTS;
}

/** Where v is in a query. */
@inline
export function stepsOf(d: i32): usize {
  return <usize>((d + 3) & ~3) << 2;
}
