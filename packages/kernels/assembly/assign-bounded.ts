// The best y row for each x row as `assign` finds it, most y rows ruled out by a bound that costs m dimensions instead
// of d: the y row with the best bound gets its f32 product, and so do those that are not ruled out beside it.
//
// The table of the y rows, in groups of eight:
//
//      table              f32 scale | f32 longest y, NaN without bounds | f32 largest norm
//      table + 64         f32 (ny8): ||y||^2 or, for the inner product, 0; infinity behind the last row
//      … + 4 ny8          i16: groups of [ y0_0 y0_1 | y1_0 y1_1 | … | y7_0 y7_1 ] [ y0_2 y0_3 | … ] …   16 m bytes each
//
// Scratch: i16 (4, m) quantized x rows | f32 (4, 2) unit, least bound | f32 (4, 2) norm, length | f32 (2, m) |
// f32 (4, ny8) bounds | u32 (ny8) rows left.
import { bounded, bounds4, LENGTH, project2, quantize, slackOf } from './inline/bounds';
import { dot, dot1x4 } from './inline/tile';

const HEADER: usize = 64;
const UNITS: usize = 1024;
const NORMS: usize = 1056;
const EMBEDDED: usize = 2048;
const BOUNDS: usize = 4096;

export function boundRows(y: usize, ny: i32, d: i32, norms: usize, basis: usize, m: i32, table: usize, scratch: usize): void {
  const rowBytes = <usize>d << 2;
  const ny8 = (ny + 7) & ~7;
  const offsets = table + HEADER;
  let largest: f32 = 0;
  for (let i = 0; i < ny; i++) {
    const row = y + <usize>i * rowBytes;
    const norm = dot(row, row, d);
    // so that a NaN stays
    if (!(norm <= largest) && largest == largest) largest = norm;
    store<f32>(offsets + (<usize>i << 2), norms ? load<f32>(norms + (<usize>i << 2)) : 0);
  }
  for (let i = ny; i < ny8; i++) store<f32>(offsets + (<usize>i << 2), Infinity);
  const length: f32 = bounded(largest) ? sqrt(largest) * <f32>1.001 : NaN;
  const scale = LENGTH / length;
  store<f32>(table, scale);
  store<f32>(table, length, 4);
  store<f32>(table, norms ? largest * <f32>1.001 : 0, 8);
  if (!bounded(largest)) return;
  const groups = offsets + (<usize>ny8 << 2);
  const embedded = scratch + EMBEDDED;
  const second = <usize>m << 1;
  for (let i = 0; i < ny8; i += 2) {
    // behind the end the last again
    const row0 = y + <usize>min(i, ny - 1) * rowBytes;
    const row1 = y + <usize>min(i + 1, ny - 1) * rowBytes;
    project2(row0, row1, d, basis, m, embedded);
    quantize(embedded, dot(row0, row0, d), d, m, scale, scratch);
    quantize(embedded + (<usize>m << 2), dot(row1, row1, d), d, m, scale, scratch + second);
    const to = groups + <usize>(i >>> 3) * (<usize>m << 4) + (<usize>(i & 7) << 2);
    for (let at: usize = 0; at < second; at += 4) {
      store<u32>(to + (at << 3), load<u32>(scratch + at));
      store<u32>(to + (at << 3), load<u32>(scratch + second + at), 4);
    }
  }
}

// Writes the numbers of the rows whose bound is not above `most`, in order; returns how many.
function rowsLeft(bounds: usize, ny8: i32, most: f32, out: usize): i32 {
  const limit = f32x4.splat(most);
  let count: usize = 0;
  for (let i = 0; i < ny8; i += 8, bounds += 32) {
    const a = f32x4.le(v128.load(bounds), limit), b = f32x4.le(v128.load(bounds, 16), limit);
    if (!v128.any_true(v128.or(a, b))) continue;
    for (let bits = i32x4.bitmask(a) | (i32x4.bitmask(b) << 4); bits; bits &= bits - 1) {
      store<u32>(out + (count << 2), i + ctz(bits));
      count++;
    }
  }
  return <i32>count;
}

// All rows, where there is no bound to tell them apart.
function allRows(ny: i32, out: usize): i32 {
  for (let i = 0; i < ny; i++) store<u32>(out + (<usize>i << 2), i);
  return ny;
}

@inline
function costOf(ip: bool, product: f32, norms: usize, i: u32): f32 {
  return ip ? -product : load<f32>(norms + (<usize>i << 2)) - (product + product);
}

// The best of the listed y rows; ascending numbers, so that the lowest wins a tie.
@inline
function settle(ip: bool, x: usize, norm: f32, y: usize, d: i32, norms: usize, rows: usize, count: i32, outIdx: usize, outDis: usize): void {
  const rowBytes = <usize>d << 2;
  let best: f32 = Infinity;
  let bestIndex: u32 = 0;
  for (let s = 0; s < count; s += 4) {
    const last = count - 1;
    const i0 = load<u32>(rows + (<usize>s << 2));
    const i1 = load<u32>(rows + (<usize>min(s + 1, last) << 2));
    const i2 = load<u32>(rows + (<usize>min(s + 2, last) << 2));
    const i3 = load<u32>(rows + (<usize>min(s + 3, last) << 2));
    const p = dot1x4(x, y + <usize>i0 * rowBytes, y + <usize>i1 * rowBytes, y + <usize>i2 * rowBytes, y + <usize>i3 * rowBytes, d);
    let value = costOf(ip, f32x4.extract_lane(p, 0), norms, i0);
    if (value < best) (best = value), (bestIndex = i0);
    value = costOf(ip, f32x4.extract_lane(p, 1), norms, i1);
    if (value < best) (best = value), (bestIndex = i1);
    value = costOf(ip, f32x4.extract_lane(p, 2), norms, i2);
    if (value < best) (best = value), (bestIndex = i2);
    value = costOf(ip, f32x4.extract_lane(p, 3), norms, i3);
    if (value < best) (best = value), (bestIndex = i3);
  }
  store<u32>(outIdx, bestIndex);
  store<f32>(outDis, ip ? -best : max<f32>(0, norm + best));
}

// Projects and rounds the x rows q and q + 1 (behind the end the last again) as rows `slot` and `slot + 1` of scratch.
@inline
function prepare2(x: usize, q: i32, nx: i32, slot: usize, d: i32, basis: usize, m: i32, worth: f32, scratch: usize): void {
  const rowBytes = <usize>d << 2;
  const x0 = x + <usize>min(q, nx - 1) * rowBytes;
  const x1 = x + <usize>min(q + 1, nx - 1) * rowBytes;
  const embedded = scratch + EMBEDDED;
  project2(x0, x1, d, basis, m, embedded);
  prepare(x0, slot, embedded, d, m, worth, scratch);
  prepare(x1, slot + 1, embedded + (<usize>m << 2), d, m, worth, scratch);
}

function prepare(x: usize, slot: usize, embedded: usize, d: i32, m: i32, worth: f32, scratch: usize): void {
  const norm = dot(x, x, d);
  const length: f32 = bounded(norm) ? sqrt(norm) * <f32>1.001 : NaN;
  quantize(embedded, norm, d, m, LENGTH / length, scratch + slot * (<usize>m << 1));
  store<f32>(scratch + UNITS + (slot << 3), worth * length / LENGTH);
  store<f32>(scratch + NORMS + (slot << 3), norm);
  store<f32>(scratch + NORMS + (slot << 3), length, 4);
}

@inline
function assign(ip: bool, x: usize, nx: i32, y: usize, ny: i32, d: i32, norms: usize, basis: usize, m: i32, table: usize, outIdx: usize, outDis: usize, outCount: usize, scratch: usize): void {
  const ny8 = (ny + 7) & ~7;
  const yLength = load<f32>(table, 4), yNorm = load<f32>(table, 8);
  const worth = (ip ? <f32>1 : <f32>2) / load<f32>(table);
  const offsets = table + HEADER;
  const bounds = scratch + BOUNDS;
  const rows = bounds + (<usize>ny8 << 4);
  let compared: u32 = 0;
  for (let q0 = 0; q0 < nx; q0 += 4) {
    prepare2(x, q0, nx, 0, d, basis, m, worth, scratch);
    prepare2(x, q0 + 2, nx, 2, d, basis, m, worth, scratch);
    bounds4(scratch, <usize>m << 1, scratch + UNITS, offsets + (<usize>ny8 << 2), offsets, ny8, m, bounds);
    const q1 = min(q0 + 4, nx);
    for (let q = q0; q < q1; q++) {
      const slot = <usize>(q - q0);
      const xq = x + <usize>q * (<usize>d << 2);
      const to = <usize>q << 2;
      const norm = load<f32>(scratch + NORMS + (slot << 3)), length = load<f32>(scratch + NORMS + (slot << 3), 4);
      const least = load<f32>(scratch + UNITS + (slot << 3), 4);
      const mine = bounds + slot * (<usize>ny8 << 2);
      // an upper limit of the best cost: the f32 cost of the row with the least bound
      const first = indexOf(mine, ny8, least);
      let limit: f32 = NaN;
      if (first < ny) limit = costOf(ip, dot(xq, y + <usize>first * (<usize>d << 2), d), norms, first);
      limit += slackOf(d, m, length, yLength, yNorm);
      // a NaN fails this too
      const count = limit < Infinity ? rowsLeft(mine, ny8, limit, rows) : allRows(ny, rows);
      compared += count;
      settle(ip, xq, norm, y, d, norms, rows, count, outIdx + to, outDis + to);
    }
  }
  store<u32>(outCount, load<u32>(outCount) + compared);
}

// The first place of a value, or ny8.
function indexOf(values: usize, ny8: i32, value: f32): i32 {
  const wanted = f32x4.splat(value);
  for (let i = 0; i < ny8; i += 8, values += 32) {
    const a = f32x4.eq(v128.load(values), wanted), b = f32x4.eq(v128.load(values, 16), wanted);
    if (v128.any_true(v128.or(a, b))) return i + ctz(i32x4.bitmask(a) | (i32x4.bitmask(b) << 4));
  }
  return ny8;
}

export function assignBoundedL2(x: usize, nx: i32, y: usize, ny: i32, d: i32, norms: usize, basis: usize, m: i32, table: usize, outIdx: usize, outDis: usize, outCount: usize, scratch: usize): void {
  assign(false, x, nx, y, ny, d, norms, basis, m, table, outIdx, outDis, outCount, scratch);
}

export function assignBoundedIp(x: usize, nx: i32, y: usize, ny: i32, d: i32, basis: usize, m: i32, table: usize, outIdx: usize, outDis: usize, outCount: usize, scratch: usize): void {
  assign(true, x, nx, y, ny, d, 0, basis, m, table, outIdx, outDis, outCount, scratch);
}
