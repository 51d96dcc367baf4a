// Selection by sketches; what they hold is told in inline/sketches.
import { fold, sqdiff, zero } from './inline/lanes';
import { headerOf, largestOf, padded, part, TINY } from './inline/nibbles';
import { SKETCH_FACTS, sketchGroupBytes, stepsOf } from './inline/sketches';
import { nibbleDots, ROUND } from './nibble-bounds';
import { selectF32 } from './reservoir';

/** Rows whose keys are looked at together, whole groups of four. */
const WINDOW = 2048;
/** Bytes of a visit: form, rows, position of the first row, query, reservoir. */
const VISIT: usize = 20;
const PAGE: usize = 4096;

export function sketchQuery(x: usize, d: i32, out: usize): void {
  const d16 = padded(d), v = out + stepsOf(d);
  let most = zero();
  for (let j = 0; j < d; j += 4) {
    const value = part(x, j, d);
    v128.store(out + (<usize>j << 2), value);
    // as integers, lengths have the same order
    most = i32x4.max_s(most, f32x4.abs(value));
  }
  const top = largestOf(most);
  const inverse = f32x4.splat(top >= TINY ? 127 / top : 0), magic = f32x4.splat(ROUND);
  memory.fill(v, 0, d16);
  let sum = zero();
  for (let j = 0; j < d; j += 4) {
    const steps = i32x4.sub(f32x4.add(f32x4.mul(v128.load(out + (<usize>j << 2)), inverse), magic), magic);
    const words = i16x8.narrow_i32x4_s(steps, steps);
    v128.store32_lane(v + <usize>j, i8x16.narrow_i16x8_s(words, words), 0);
    sum = i32x4.add(sum, steps);
  }
  const total = i32x4.extract_lane(sum, 0) + i32x4.extract_lane(sum, 1) + i32x4.extract_lane(sum, 2) + i32x4.extract_lane(sum, 3);
  store<f32>(v + d16, top / 127);
  store<i32>(v + d16, 15 * total, 4);
}

/** What all keys of a list have: |x - c|², or -<x, c>. */
function ofList(form: usize, x: usize, d: i32, ip: bool): f32 {
  let sum = zero();
  for (let j: usize = 0, end = stepsOf(d); j < end; j += 16) {
    const a = v128.load(x + j), c = v128.load(form + j);
    sum = ip ? f32x4.sub(sum, f32x4.mul(a, c)) : sqdiff(a, c, sum);
  }
  return fold(sum);
}

/** Keys of groups from `group` on, f32 to `out`. */
function keysOf(group: usize, groups: i32, own: f32, query: usize, d: i32, ip: bool, out: usize): void {
  const d16 = padded(d), v = query + stepsOf(d), step = load<f32>(v + d16);
  nibbleDots(group, groups, SKETCH_FACTS, d16, v, out);
  const middles = i32x4.splat(load<i32>(v + d16, 4)), all = f32x4.splat(own);
  const steps = f32x4.splat(ip ? -step : -2 * step);
  let facts = group + (d16 << 1);
  for (let i = 0; i < groups; i++, facts += sketchGroupBytes(d), out += 16) {
    const sums = v128.load(out);
    const dots = f32x4.convert_i32x4_s(i32x4.sub(i32x4.add(sums, sums), middles));
    const base = ip ? all : f32x4.add(all, v128.load(facts));
    v128.store(out, f32x4.add(base, f32x4.mul(f32x4.mul(steps, dots), v128.load(facts, 16))));
  }
}

export function sketchKeys(form: usize, n: i32, query: usize, d: i32, ip: bool, out: usize): void {
  keysOf(form + headerOf(d), (n + 3) >>> 2, ofList(form, query, d, ip), query, d, ip, out);
}

/** Reads a word of every page of the forms of some thousand rows: their addresses are looked up side by side. */
function openPages(visits: usize, end: usize, d: i32): u32 {
  const header = headerOf(d), ofGroup = sketchGroupBytes(d);
  let seen: u32 = 0, form: usize = 0;
  for (let rows = 0; visits < end && rows < WINDOW; visits += VISIT) {
    if (form == load<usize>(visits)) continue;
    form = load<usize>(visits);
    const n = load<i32>(visits, 4), last = form + header + <usize>((n + 3) >>> 2) * ofGroup - 4;
    for (let p = form; p < last; p += PAGE) seen |= load<u32>(p);
    seen |= load<u32>(last);
    rows += n;
  }
  return seen;
}

export function sketchSelect(visits: usize, nvisits: i32, d: i32, ip: bool, scratch: usize): void {
  const end = visits + <usize>nvisits * VISIT;
  let opened = 0;
  for (; visits < end; visits += VISIT) {
    const form = load<usize>(visits), n = load<i32>(visits, 4), first = load<i32>(visits, 8);
    const query = load<usize>(visits, 12), r = load<usize>(visits, 16);
    if (opened <= 0) {
      store<u32>(scratch, openPages(visits, end, d));
      opened = WINDOW;
    }
    opened -= n;
    const own = ofList(form, query, d, ip);
    let group = form + headerOf(d);
    for (let from = 0; from < n; from += WINDOW) {
      const count = min(WINDOW, n - from), groups = (count + 3) >>> 2;
      keysOf(group, groups, own, query, d, ip, scratch);
      selectF32(scratch, count, false, first + from, 0, r);
      group += <usize>groups * sketchGroupBytes(d);
    }
  }
}
