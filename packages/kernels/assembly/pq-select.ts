// Search over lists of product-quantizer codes: one query, all the lists that it visits, in one call. The table of a list is
// its own part less the query's, where it has one; see pqSelect in the contract.
import { pqBitsScan } from './pq-bits-scan';
import { pq4CodesScan, pq8Scan } from './pq-scan';
import { selectF32 } from './reservoir';

/** Bytes of a visit: codes, part, count, position of the first code, base. */
const VISIT: usize = 20;
/** Codes a scan: their sums are looked at while still in cache. */
const BLOCK = 256;

@inline
function scan(nbits: i32, codes: usize, n: i32, M: i32, size: i32, lut: usize, base: f32, out: usize): void {
  if (nbits == 8) pq8Scan(codes, n, M, lut, base, out);
  else if (nbits == 4) pq4CodesScan(codes, n, M, size, lut, base, out);
  else pqBitsScan(codes, n, M, nbits, size, lut, base, out);
}

export function pqSelect(
  visits: usize,
  nvisits: i32,
  table: usize,
  M: i32,
  nbits: i32,
  size: i32,
  ip: bool,
  r: usize,
  scratch: usize,
): void {
  const out = scratch, own = scratch + 4 * BLOCK;
  const bytes = <usize>M << (nbits + 2);
  for (const end = visits + <usize>nvisits * VISIT; visits < end; visits += VISIT) {
    const codes = load<usize>(visits), part = load<usize>(visits, 4);
    const n = load<i32>(visits, 8), first = load<i32>(visits, 12);
    const base = load<f32>(visits, 16);
    let lut = table;
    if (part) {
      lut = own;
      let i: usize = 0;
      for (; i + 16 <= bytes; i += 16) v128.store(own + i, f32x4.sub(v128.load(part + i), v128.load(table + i)));
      for (; i < bytes; i += 4) store<f32>(own + i, load<f32>(part + i) - load<f32>(table + i));
    }
    for (let from = 0; from < n; from += BLOCK) {
      const count = min(BLOCK, n - from);
      scan(nbits, codes + <usize>from * <usize>size, count, M, size, lut, base, out);
      selectF32(out, count, ip, first + from, 0, r);
    }
  }
}
