// Rows of one list as nibbles around their mean, for a lower bound of every distance at an eighth of the memory traffic.
//
// y = row - c is kept as s q, q odd in [-15, 15], of which (q + 15) / 2 is the nibble. s = <y, q> / |q|² is best, and makes
// the rest r = y - s q orthogonal to q. With â = <q, z> / |q|, z = x - c (or x), Cauchy-Schwarz says
//
//      <z, y> = â |s q| + <z, r> ≤ â |s q| + sqrt(|z|² - â²) |r|
//
// z itself is read as t v, v in [-127, 127], so â is known within |z - t v|.
//
// A form, 16-byte aligned: c, f32 (d filled up to a multiple of 4), |c| and 12 bytes; then groups of four rows, each the
// codes, d16 / 2 bytes a row (d16 being d filled up to a multiple of 16), and 48 bytes of facts, four float32 each:
// |s q|, |r|, 1 / |q|. Codes come 32 components at a time, 16 bytes a row, of which byte j holds components j (low) and j + 16
// (high); of 16 components that are left, byte j holds those of one row and (high) the next.
import { loadRest } from './lanes';

/** A square this large may overflow with its neighbours: such a row has no bound, NaN. */
export const HUGE: f32 = 1e37;
/** Squares below lose too much to underflow. */
export const TINY: f32 = 1e-30;
/** Bytes of facts of a group. */
export const FACTS: usize = 48;

@inline
export function padded(d: i32): usize {
  return <usize>((d + 15) & ~15);
}

@inline
export function headerOf(d: i32): usize {
  return (<usize>((d + 3) & ~3) << 2) + 16;
}

@inline
export function groupBytes(d: i32): usize {
  return (padded(d) << 1) + FACTS;
}

// Components j to j + 3, zeros past the end.
@inline
export function part(x: usize, j: i32, d: i32): v128 {
  const left = d - j;
  return left >= 4 ? v128.load(x + (<usize>j << 2)) : loadRest(x + (<usize>j << 2), left);
}

@inline
export function largestOf(v: v128): f32 {
  return max<f32>(
    max<f32>(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)),
    max<f32>(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)),
  );
}
