import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bits } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();
const golden = JSON.parse(readFileSync(new URL('./fixtures/pq-lut.json', import.meta.url), 'utf8')) as {
  faiss: string;
  cases: { dsub: number; ksub: number; x: string; centroids: string; l2: string; ip: string }[];
};

function floats(base64: string): Float32Array {
  return new Float32Array(Uint8Array.from(Buffer.from(base64, 'base64')).buffer);
}

for (const { dsub, ksub, x, centroids, l2, ip } of golden.cases) {
  for (const kernels of levels) {
    it(`${kernels.level}: tables of ${ksub} centroids of ${dsub} floats have the bits of faiss ${golden.faiss}`, () => {
      const { memory } = kernels;
      const bench = new Bench(memory);
      const [px, pc, lut] = [
        bench.f32(floats(x), 4),
        bench.f32(floats(centroids), 8),
        bench.room(4 * ksub, 12),
      ];
      kernels.pqLutL2(px, pc, 1, ksub, dsub, lut);
      expect(bits(memory.f32(lut, ksub))).toEqual(bits(floats(l2)));
      kernels.pqLutIp(px, pc, 1, ksub, dsub, lut);
      expect(bits(memory.f32(lut, ksub))).toEqual(bits(floats(ip)));
      bench.close();
    });
  }
}
