// The best y row for each x row as `assign` finds it, most y rows ruled out by a bound that costs m dimensions instead
// of d: the y row with the best bound gets its f32 product, and so do those that are not ruled out beside it.
//
// The table of the y rows, in groups of eight, padded to a multiple of 32:
//
//      table              f32 scale | f32 longest y, NaN without bounds | f32 largest norm
//      table + 64         f32 (padded): ||y||^2 or, for the inner product, 0; infinity behind the last row
//      … + 4 padded       i16: groups of [ y0_0 y0_1 | y1_0 y1_1 | … | y7_0 y7_1 ] [ y0_2 y0_3 | … ] …   16 m bytes each
//
// Scratch: i16 (4, m) quantized x rows | f32 (4, 2) unit, norm | f32 (4) products | f32 (4, m) projections | f32 (4, padded) bounds |
// f32 (4, padded / 8) the least of each 32 | u32 (padded) rows left.
import { bounded, bounds4, leastPlace, LENGTH, placesLeft, project2, quantize, slackOf } from './inline/bounds';
import { dot, dot4, dotRows4 } from './inline/tile';

const HEADER: usize = 64;
const UNITS: usize = 1024;
const PRODUCTS: usize = 1088;
const PROJECTED: usize = 2048;
const BOUNDS: usize = 4096;

export function boundRows(y: usize, ny: i32, d: i32, norms: usize, basis: usize, m: i32, table: usize, scratch: usize): void {
  const rowBytes = <usize>d << 2;
  const padded = (ny + 31) & ~31;
  const offsets = table + HEADER;
  let largest: f32 = 0;
  for (let i = 0; i < ny; i++) {
    const row = y + <usize>i * rowBytes;
    const norm = dot(row, row, d);
    // so that a NaN stays
    if (!(norm <= largest) && largest == largest) largest = norm;
    store<f32>(offsets + (<usize>i << 2), norms ? load<f32>(norms + (<usize>i << 2)) : 0);
  }
  for (let i = ny; i < padded; i++) store<f32>(offsets + (<usize>i << 2), Infinity);
  const length: f32 = bounded(largest) ? sqrt(largest) * <f32>1.001 : NaN;
  const scale = LENGTH / length;
  store<f32>(table, scale);
  store<f32>(table, length, 4);
  store<f32>(table, norms ? largest * <f32>1.001 : 0, 8);
  if (!bounded(largest)) return;
  const groups = offsets + (<usize>padded << 2);
  const projected = scratch + PROJECTED;
  const second = <usize>m << 1;
  for (let i = 0; i < padded; i += 2) {
    // behind the end the last again
    const row0 = y + <usize>min(i, ny - 1) * rowBytes;
    const row1 = y + <usize>min(i + 1, ny - 1) * rowBytes;
    project2(row0, row1, d, basis, m, projected);
    quantize(projected, dot(row0, row0, d), d, m, scale, scratch);
    quantize(projected + (<usize>m << 2), dot(row1, row1, d), d, m, scale, scratch + second);
    const to = groups + <usize>(i >>> 3) * (<usize>m << 4) + (<usize>(i & 7) << 2);
    for (let at: usize = 0; at < second; at += 4) {
      store<u32>(to + (at << 3), load<u32>(scratch + at));
      store<u32>(to + (at << 3), load<u32>(scratch + second + at), 4);
    }
  }
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

// The best of (best, bestIndex) and the listed y rows; the lowest wins a tie.
@inline
function settle(ip: bool, x: usize, norm: f32, y: usize, d: i32, norms: usize, rows: usize, count: i32, best: f32, bestIndex: u32, products: usize, outIdx: usize, outDis: usize): void {
  const end = rows + (<usize>count << 2);
  for (; rows < end; rows += 16) {
    v128.store(products, dotRows4(x, y, rows, end, d));
    for (let p = rows; p < min(rows + 16, end); p += 4) {
      const i = load<u32>(p);
      const value = costOf(ip, load<f32>(products + (p - rows)), norms, i);
      if (value < best || (value == best && i < bestIndex)) {
        best = value;
        bestIndex = i;
      }
    }
  }
  store<u32>(outIdx, bestIndex);
  store<f32>(outDis, ip ? -best : max<f32>(0, norm + best));
}

function prepare(slot: usize, norm: f32, d: i32, m: i32, worth: f32, scratch: usize): void {
  const length: f32 = bounded(norm) ? sqrt(norm) * <f32>1.001 : NaN;
  const projected = scratch + PROJECTED + slot * (<usize>m << 2);
  quantize(projected, norm, d, m, LENGTH / length, scratch + slot * (<usize>m << 1));
  store<f32>(scratch + UNITS + (slot << 3), worth * length / LENGTH);
  store<f32>(scratch + UNITS + (slot << 3), norm, 4);
}

@inline
function assign(ip: bool, x: usize, nx: i32, y: usize, ny: i32, d: i32, norms: usize, basis: usize, m: i32, table: usize, outIdx: usize, outDis: usize, outCount: usize, scratch: usize): void {
  const rowBytes = <usize>d << 2;
  const padded = (ny + 31) & ~31;
  const yLength = load<f32>(table, 4), yNorm = load<f32>(table, 8);
  const worth = (ip ? <f32>1 : <f32>2) / load<f32>(table);
  const offsets = table + HEADER;
  const groups = offsets + (<usize>padded << 2);
  const bounds = scratch + BOUNDS;
  const least = bounds + (<usize>padded << 4);
  const rows = least + (<usize>padded << 1);
  let compared: u32 = 0;
  if (ny == 0) {
    for (let q: usize = 0; q < <usize>nx; q++) {
      const norm = dot(x + q * rowBytes, x + q * rowBytes, d);
      settle(ip, x, norm, y, d, norms, rows, 0, Infinity, 0, scratch, outIdx + (q << 2), outDis + (q << 2));
    }
    return;
  }
  for (let q0 = 0; q0 < nx; q0 += 4) {
    // behind the end the last again
    const x0 = x + <usize>q0 * rowBytes;
    const x1 = x + <usize>min(q0 + 1, nx - 1) * rowBytes;
    const x2 = x + <usize>min(q0 + 2, nx - 1) * rowBytes;
    const x3 = x + <usize>min(q0 + 3, nx - 1) * rowBytes;
    project2(x0, x1, d, basis, m, scratch + PROJECTED);
    project2(x2, x3, d, basis, m, scratch + PROJECTED + (<usize>m << 3));
    const xNorms = dot4(x0, x0, x1, x1, x2, x2, x3, x3, d);
    prepare(0, f32x4.extract_lane(xNorms, 0), d, m, worth, scratch);
    prepare(1, f32x4.extract_lane(xNorms, 1), d, m, worth, scratch);
    prepare(2, f32x4.extract_lane(xNorms, 2), d, m, worth, scratch);
    prepare(3, f32x4.extract_lane(xNorms, 3), d, m, worth, scratch);
    bounds4(scratch, <usize>m << 1, scratch + UNITS, groups, offsets, padded, m, bounds, least);
    // the rows with the least bounds; their f32 costs limit the best
    const first0 = leastPlace(bounds, least, padded);
    const first1 = leastPlace(bounds + (<usize>padded << 2), least + (<usize>padded >>> 1), padded);
    const first2 = leastPlace(bounds + (<usize>padded << 3), least + <usize>padded, padded);
    const first3 = leastPlace(bounds + <usize>padded * 12, least + (<usize>padded >>> 1) * 3, padded);
    const y0 = y + <usize>max(first0, 0) * rowBytes, y1 = y + <usize>max(first1, 0) * rowBytes;
    const y2 = y + <usize>max(first2, 0) * rowBytes, y3 = y + <usize>max(first3, 0) * rowBytes;
    const products = dot4(x0, y0, x1, y1, x2, y2, x3, y3, d);
    for (let slot = 0; slot < min(4, nx - q0); slot++) {
      let first = first0, product = f32x4.extract_lane(products, 0);
      if (slot == 1) (first = first1), (product = f32x4.extract_lane(products, 1));
      if (slot == 2) (first = first2), (product = f32x4.extract_lane(products, 2));
      if (slot == 3) (first = first3), (product = f32x4.extract_lane(products, 3));
      const norm = load<f32>(scratch + UNITS + (<usize>slot << 3), 4);
      let best: f32 = NaN;
      if (first >= 0) best = costOf(ip, product, norms, first);
      const length: f32 = bounded(norm) ? sqrt(norm) * <f32>1.001 : NaN;
      const limit = best + slackOf(d, m, length, yLength, yNorm);
      const at = <usize>slot * <usize>padded;
      let count = 0;
      // a NaN fails this too
      if (limit < Infinity) {
        count = placesLeft(bounds + (at << 2), least + (at >>> 1), padded, limit, first, rows);
        compared += count + 1;
      } else {
        best = Infinity;
        first = 0;
        compared += count = allRows(ny, rows);
      }
      const q = <usize>(q0 + slot);
      settle(ip, x + q * rowBytes, norm, y, d, norms, rows, count, best, first, scratch + PRODUCTS, outIdx + (q << 2), outDis + (q << 2));
    }
  }
  store<u32>(outCount, load<u32>(outCount) + compared);
}

export function assignBoundedL2(x: usize, nx: i32, y: usize, ny: i32, d: i32, norms: usize, basis: usize, m: i32, table: usize, outIdx: usize, outDis: usize, outCount: usize, scratch: usize): void {
  assign(false, x, nx, y, ny, d, norms, basis, m, table, outIdx, outDis, outCount, scratch);
}

export function assignBoundedIp(x: usize, nx: i32, y: usize, ny: i32, d: i32, basis: usize, m: i32, table: usize, outIdx: usize, outDis: usize, outCount: usize, scratch: usize): void {
  assign(true, x, nx, y, ny, d, 0, basis, m, table, outIdx, outDis, outCount, scratch);
}
