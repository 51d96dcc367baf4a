import fc from 'fast-check';
import { expect, it } from 'vitest';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();

for (const kernels of levels) {
  it(`${kernels.level}: finds the id of every position, past empty lists`, () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(sizes, fc.nat(), (lists, seed) => {
        const { memory } = kernels;
        const bench = new Bench(memory);
        const ids = lists.map((n, i) => Array.from({ length: n }, (_, j) => (i * 1000 + j + seed) * 77));
        const at = ids.map((list) => {
          const ptr = bench.room(Math.max(8, list.length * 8));
          memory.f64(ptr, list.length).set(list);
          return ptr;
        });
        const starts = lists.map((_, i) => lists.slice(0, i).reduce((a, b) => a + b, 0));
        const want = ids.flat();
        const shuffled = want.map((_, i) => (i * 7919 + seed) % want.length);
        const [positions, out] = [bench.u32(shuffled), bench.room(Math.max(4, want.length * 4))];
        kernels.idsAt(positions, want.length, bench.u32(starts), bench.u32(at), lists.length, out);
        const found = [...memory.u32(out, want.length)];
        bench.close();
        expect(found).toEqual(shuffled.map((p) => Math.min(want[p]!, 2 ** 32 - 1)));
      }),
    );
  });
}
