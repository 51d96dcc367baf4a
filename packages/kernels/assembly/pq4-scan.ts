// FastScan, 32 vectors at a time. One step takes the 16 bytes of one sub-quantizer:
//
//      byte    0    1    2    3   …        low nibble: vectors 0  8  1  9 …     high nibble: 16 24 17 25 …
//
// and looks 16 entries of the table up at once. As u16 lanes the result r holds an even byte and, times 256, an odd
// one: `all` sums r, `odd` sums r >> 8; all modulo 2^16. In the end even = all - 256 odd, so that the even bytes give
// vectors 0…7 (16…23) and the odd ones 8…15 (24…31), in order.
import { highOf, lookup, lowNibbles, lowOf, zero } from './inline/lanes';

/** What `all`, from `start` on, and `odd` have come to in the end: u16 of 32 vectors in order, 64 bytes at `out`. */
@inline
export function storeSums(out: usize, all0: v128, odd0: v128, all1: v128, odd1: v128, start: v128): void {
  v128.store(out, i16x8.sub(all0, i16x8.shl(odd0, 8)));
  v128.store(out, i16x8.add(odd0, start), 16);
  v128.store(out, i16x8.sub(all1, i16x8.shl(odd1, 8)), 32);
  v128.store(out, i16x8.add(odd1, start), 48);
}

/** The sums of 32 vectors, `start` included, to 64 bytes at `out`; `p` at the group's first sub-quantizer, `step` apart. */
@inline
export function sums32(p: usize, step: usize, lut: usize, lutEnd: usize, start: v128, mask: v128, out: usize): void {
  let all0 = start, odd0 = zero(), all1 = start, odd1 = zero();
  for (let table = lut; table < lutEnd; table += 32, p += step) {
    let bytes = v128.load(p);
    let entries = v128.load(table);
    let r = lookup(entries, lowOf(bytes, mask));
    let s = lookup(entries, highOf(bytes, mask));
    all0 = i16x8.add(all0, r);
    odd0 = i16x8.add(odd0, i16x8.shr_u(r, 8));
    all1 = i16x8.add(all1, s);
    odd1 = i16x8.add(odd1, i16x8.shr_u(s, 8));
    bytes = v128.load(p, 16);
    entries = v128.load(table, 16);
    r = lookup(entries, lowOf(bytes, mask));
    s = lookup(entries, highOf(bytes, mask));
    all0 = i16x8.add(all0, r);
    odd0 = i16x8.add(odd0, i16x8.shr_u(r, 8));
    all1 = i16x8.add(all1, s);
    odd1 = i16x8.add(odd1, i16x8.shr_u(s, 8));
  }
  storeSums(out, all0, odd0, all1, odd1, start);
}

export function pq4Scan(codes: usize, nblocks: i32, bbs: i32, M2: i32, lut: usize, bias: i32, out: usize): void {
  const mask = lowNibbles();
  const start = i16x8.splat(<i16>bias);
  const step = <usize>bbs;
  const lutEnd = lut + (<usize>M2 << 4);
  const groups = bbs >>> 5;
  for (let block = 0; block < nblocks; block++, codes += (<usize>M2 >>> 1) * step) {
    for (let group = 0; group < groups; group++, out += 64) {
      sums32(codes + (<usize>group << 5), step, lut, lutEnd, start, mask, out);
    }
  }
}

