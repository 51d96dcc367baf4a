import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels } from '../src/index.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();

/** Packs one 4-bit index a vector and sub-quantizer by the address formula of faiss's blocks. */
function pack(index: (v: number, m: number) => number, nblocks: number, bbs: number, M2: number): Uint8Array {
  const codes = new Uint8Array((nblocks * bbs * M2) / 2);
  for (let v = 0; v < nblocks * bbs; v++) {
    const [block, inBlock] = [Math.floor(v / bbs), v % bbs];
    const [group, r] = [Math.floor(inBlock / 32), inBlock % 32];
    const j = r % 16 < 8 ? 2 * (r % 16) : 2 * ((r % 16) - 8) + 1;
    for (let m = 0; m < M2; m++) {
      const at = (block * bbs * M2) / 2 + Math.floor(m / 2) * bbs + group * 32 + 16 * (m % 2) + j;
      codes[at]! |= index(v, m) << (r >= 16 ? 4 : 0);
    }
  }
  return codes;
}

function scan(
  { memory, pq4Scan }: Kernels,
  codes: Uint8Array,
  nblocks: number,
  bbs: number,
  M2: number,
  lut: Uint8Array,
  bias: number,
  at: number,
) {
  const bench = new Bench(memory);
  const out = bench.room(2 * nblocks * bbs);
  pq4Scan(bench.u8(codes, at), nblocks, bbs, M2, bench.u8(lut), bias, out);
  const result = memory.u16(out, nblocks * bbs).slice();
  bench.close();
  return result;
}

for (const kernels of levels) {
  it(`${kernels.level}: sums the entries of each vector modulo 2^16, in vector order`, () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 65 }).map((half) => 2 * half),
        fc.constantFrom(32, 64, 96, 160),
        fc.integer({ min: 0, max: 3 }),
        fc.nat({ max: 65535 }),
        fc.constantFrom(1, 7, 64, 255),
        fc.nat({ max: 15 }),
        fc.nat(),
        (M2, bbs, nblocks, bias, top, at, seed) => {
          const index = (v: number, m: number) =>
            (Math.imul(v * 131 + m * 31 + seed, 0x9e3779b1) >>> 20) & 15;
          const lut = Uint8Array.from(
            { length: M2 * 16 },
            (_, i) => (Math.imul(i + seed, 0x85ebca6b) >>> 16) % (top + 1),
          );
          const want = Uint16Array.from({ length: nblocks * bbs }, (_, v) => {
            let sum = bias;
            for (let m = 0; m < M2; m++) sum += lut[m * 16 + index(v, m)]!;
            return sum;
          });
          expect(scan(kernels, pack(index, nblocks, bbs, M2), nblocks, bbs, M2, lut, bias, at)).toEqual(want);
        },
      ),
      { numRuns: 150 },
    );
  });

  it(`${kernels.level}: holds the largest sum that fits and wraps past it`, () => {
    const M2 = 256;
    const lut = new Uint8Array(M2 * 16).fill(255);
    const codes = pack((v, m) => (v + m) % 16, 1, 32, M2);
    expect(scan(kernels, codes, 1, 32, M2, lut, 255, 0)).toEqual(new Uint16Array(32).fill(65535));
    expect(scan(kernels, codes, 1, 32, M2, lut, 257, 0)).toEqual(new Uint16Array(32).fill(1));
  });
}
