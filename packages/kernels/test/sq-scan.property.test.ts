import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Kernels, ScalarCode } from '../src/index.js';
import { SCALAR_CODES } from '../src/index.js';
import { component, count, dimension, finite, floats, offset } from './helpers/arbitraries.js';
import { bits, nearSum } from './helpers/compare.js';
import { bothLevels } from './helpers/levels.js';
import { Bench } from './helpers/place.js';

const levels = await bothLevels();
const [scalar, tested] = levels;
const { bits4, bits6, bits8, fp16, bf16 } = SCALAR_CODES;

/** Bytes of a code of `d` components. */
const sizeOf = (kind: ScalarCode, d: number): number => Math.ceil((d * (kind === bf16 ? 16 : kind)) / 8);

const cases = fc
  .record({
    kind: fc.constantFrom(bits4, bits6, bits8, fp16, bf16),
    d: dimension,
    n: count,
    at: offset,
    codeAt: fc.constantFrom(0, 2, 6, 14),
    // the exponents of ordinary numbers, or any 16 bits
    tame: fc.boolean(),
  })
  .chain((shape) => {
    const { kind, d, n } = shape;
    const size = sizeOf(kind, d);
    const high = kind >= fp16 && shape.tame ? fc.integer({ min: 0x38, max: 0x3f }) : fc.nat({ max: 255 });
    return fc.record({
      shape: fc.constant(shape),
      a: floats(kind >= fp16 ? finite : component, d),
      b: floats(finite, d),
      codes: fc.array(fc.tuple(fc.nat({ max: 255 }), high), {
        minLength: Math.ceil((n * size) / 2),
        maxLength: Math.ceil((n * size) / 2),
      }),
      base: finite,
      ids: fc.array(fc.nat({ max: Math.max(0, n - 1) }), { maxLength: n === 0 ? 0 : 9 }),
    });
  });

type Case = typeof cases extends fc.Arbitrary<infer T> ? T : never;

/** Distances and products at one level, of all codes and of those by index. */
function run(kernels: Kernels, { shape, a, b, codes, base, ids }: Case) {
  const { kind, d, n, at, codeAt } = shape;
  const size = sizeOf(kind, d);
  const bench = new Bench(kernels.memory);
  const [pa, pb, out, picked] = [bench.f32(a, at), bench.f32(b, at), bench.room(4 * n, at), bench.room(36)];
  const pc = bench.u8(codes.flat().slice(0, n * size), codeAt);
  const pi = bench.u32(ids);
  const read = (from: number, length: number): Float32Array => kernels.memory.f32(from, length).slice();
  kernels.sqL2(kind, pa, pb, pc, size, d, 0, n, out);
  const l2 = read(out, n);
  kernels.sqL2(kind, pa, pb, pc, size, d, pi, ids.length, picked);
  const l2ByIdx = read(picked, ids.length);
  kernels.sqIp(kind, pa, base, pc, size, d, 0, n, out);
  const ip = read(out, n);
  kernels.sqIp(kind, pa, base, pc, size, d, pi, ids.length, picked);
  const ipByIdx = read(picked, ids.length);
  bench.close();
  return { l2, l2ByIdx, ip, ipByIdx };
}

/** Component j of a code, by another way than the kernels': the bit string, lowest bit first. */
function componentOf(kind: ScalarCode, code: number[], j: number): number {
  const width = kind === bf16 ? 16 : kind;
  let value = 0;
  for (let bit = 0; bit < width; bit++) {
    const k = j * width + bit;
    value += ((code[k >> 3]! >> (k & 7)) & 1) * 2 ** bit;
  }
  if (kind === bf16) return new Float32Array(Uint32Array.of(value << 16).buffer)[0]!;
  if (kind !== fp16) return value;
  const [exponent, fraction, sign] = [(value >> 10) & 31, value & 1023, value & 0x8000 ? -1 : 1];
  if (exponent === 31) return fraction ? Number.NaN : sign * Infinity;
  return sign * (exponent ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction * 2 ** -24);
}

it('distances and products are those of the decoded codes, at every level, in the same bits by index', () => {
  fc.assert(
    fc.property(cases, (c) => {
      const { kind, d, n } = c.shape;
      const size = sizeOf(kind, d);
      const bytes = c.codes.flat();
      for (const kernels of [scalar, tested]) {
        const { l2, l2ByIdx, ip, ipByIdx } = run(kernels, c);
        for (let i = 0; i < n; i++) {
          const code = bytes.slice(i * size, (i + 1) * size);
          const sums = { l2: 0, ip: Math.fround(c.base), l2Size: 0, ipSize: Math.abs(c.base) };
          for (let j = 0; j < d; j++) {
            const v = componentOf(kind, code, j);
            const [x, w] = [Math.fround(c.a[j]!), kind >= fp16 ? 1 : Math.fround(c.b[j]!)];
            sums.l2 += (x - w * v) ** 2;
            sums.l2Size += (Math.abs(x) + Math.abs(w * v)) ** 2;
            sums.ip += x * v;
            sums.ipSize += Math.abs(x * v);
          }
          if (sums.l2Size < 1e37) expect(nearSum(l2[i]!, sums.l2, sums.l2Size, 2 * d)).toBe(true);
          if (sums.ipSize < 1e37) expect(nearSum(ip[i]!, sums.ip, sums.ipSize, 2 * d)).toBe(true);
          if (!Number.isFinite(sums.l2)) expect(Number.isFinite(l2[i]!)).toBe(false);
        }
        expect(bits(l2ByIdx)).toEqual(bits(Float32Array.from(c.ids, (i) => l2[i]!)));
        expect(bits(ipByIdx)).toEqual(bits(Float32Array.from(c.ids, (i) => ip[i]!)));
      }
    }),
    { numRuns: 300 },
  );
});

it('every binary16 is widened to the number it stands for', () => {
  for (const { memory, sqIp } of levels) {
    const bench = new Bench(memory);
    const d = 16;
    const w = bench.f32([1, ...new Array<number>(d - 1).fill(0)]);
    const codes = bench.room(65536 * 2 * d);
    const all = memory.u16(codes, 65536 * d).fill(0);
    for (let h = 0; h < 65536; h++) all[h * d] = h;
    const out = bench.room(65536 * 4);
    sqIp(fp16, w, 0, codes, 2 * d, d, 0, 65536, out);
    const got = memory.f32(out, 65536).slice();
    bench.close();
    const wrong = [...got].flatMap((v, h) => {
      const want = componentOf(fp16, [h & 255, h >> 8], 0);
      return v === want || (Number.isNaN(v) && Number.isNaN(want)) ? [] : [h];
    });
    expect(wrong).toEqual([]);
  }
});

it('bounds are exact sums of whole products, the same at every level but for their last rounding', () => {
  fc.assert(
    fc.property(
      cases.filter(({ shape }) => shape.kind < fp16),
      fc.array(fc.integer({ min: -32767, max: 32767 }), { minLength: 67, maxLength: 67 }),
      fc.tuple(component, finite, finite),
      (c, weights, [w0, w1, w2]) => {
        const { kind, d, n, codeAt } = c.shape;
        const size = sizeOf(kind, d);
        const bytes = c.codes.flat();
        const most = Math.floor((2 ** 31 - 1) / (d * 255));
        const v = weights.slice(0, d).map((w) => Math.max(-most, Math.min(most, w)));
        for (const { memory, sqBounds } of [scalar, tested]) {
          const bench = new Bench(memory);
          const groups = 4 * Math.ceil(n / 4);
          const pv = bench.room(2 * d);
          memory.u16(pv, d).set(v);
          const norms = bench.f32(Array.from({ length: groups }, (_, i) => i / 4));
          const [pw, out] = [bench.f32([w0, w1, w2]), bench.room(4 * groups)];
          const pc = bench.u8(bytes.slice(0, n * size), codeAt);
          for (const [at, norm] of [
            [norms, 1],
            [0, 0],
          ] as const) {
            sqBounds(kind, pc, size, d, n, pv, at, pw, out);
            const got = memory.f32(out, n).slice();
            for (let i = 0; i < n; i++) {
              const code = bytes.slice(i * size, (i + 1) * size);
              const sum = v.reduce((s, w, j) => s + w * componentOf(kind, code, j), 0);
              const terms = [w0, Math.fround(w1) * ((norm * i) / 4), Math.fround(w2) * sum].map(Math.fround);
              const want = terms.reduce((s, t) => s + t, 0);
              const magnitude = terms.reduce((s, t) => s + Math.abs(t), 0);
              if (!(magnitude >= 1e37)) expect(nearSum(got[i]!, want, magnitude, 6)).toBe(true);
            }
          }
          bench.close();
        }
      },
    ),
    { numRuns: 150 },
  );
});

it('floats of 16 bits have the sums of the float32 that they are widened to', () => {
  fc.assert(
    fc.property(
      cases.filter(({ shape }) => shape.kind >= fp16),
      (c) => {
        const { kind, d, n, codeAt } = c.shape;
        for (const kernels of [scalar, tested]) {
          const { l2 } = run(kernels, c);
          const bench = new Bench(kernels.memory);
          const pc = bench.u8(c.codes.flat().slice(0, 2 * n * d), codeAt);
          const [wide, out, x] = [bench.room(4 * n * d), bench.room(4 * n), bench.f32(c.a)];
          kernels.sqWiden(kind, pc, n * d, wide);
          const bytes = c.codes.flat();
          const rows = [...kernels.memory.f32(wide, n * d)];
          expect(rows).toEqual(rows.map((_, j) => componentOf(kind, bytes, j)));
          kernels.l2sqrNy(x, wide, d, n, out);
          const all = kernels.memory.f32(out, n).slice();
          // a NaN may be any
          expect([...all]).toEqual([...l2]);
          kernels.ipNy(x, wide, d, n, out);
          const products = kernels.memory.f32(out, n).slice();
          kernels.sqIp(kind, x, 0, pc, 2 * d, d, 0, n, out);
          const ip = kernels.memory.f32(out, n).slice();
          bench.close();
          expect([...ip].map((v) => v + 0)).toEqual([...products].map((v) => v + 0));
        }
      },
    ),
    { numRuns: 150 },
  );
});
