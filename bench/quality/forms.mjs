// What is asked: forms of the factory string with the setting that both sides are searched at. Letters in braces are
// numbers that depend on the data set, see `numbersOf`.

/** Numbers of a data set of d dimensions: sub-quantizers of `PQ{M}`, few `{S}`, of FastScan `{F}`, a padded dimension `{P}`. */
const numbersOf = (d) =>
  ({
    256: { M: 32, S: 16, F: 128, P: 288 },
    100: { M: 20, S: 10, F: 50, P: 128 },
    128: { M: 32, S: 16, F: 64, P: 160 },
  })[d];

/** The factory string of `form` for vectors of d dimensions. */
export function stringOf(form, d) {
  const numbers = numbersOf(d);
  if (!numbers) throw new Error(`no numbers for ${d} dimensions; forms are written for 256, 100 and 128`);
  return form.replaceAll(/\{(\w)\}/g, (_, letter) => numbers[letter]);
}

/** Whether its codebooks take long to train: those of 8 bits and more. */
export const isSlow = (form) => /PQ[{}\w+]*/.exec(form.replace(/PQ[{}\w]+x[456]/, '')) !== null;

const probe = { nprobe: 16 };
const refined = (kFactor, more = probe) => ({ ...more, kFactor });
const over = (setting, forms, more = {}) => forms.map((form) => ({ form, setting, ...more }));
const l2 = { metrics: ['l2'] };
const bits = [1, 2, 3, 4, 5, 6, 7, 8, 9];
const wide = { rows: 20_000 };

/** Rows: `form`, `setting`, `metrics` (both unless told), `bytes` (`u8` or `s8`: whole numbers), `rows` at most. */
export const groups = [
  {
    title: 'Scalar quantizers and refinement',
    forms: [
      ...over({}, ['SQ8', 'SQ6', 'SQ4', 'SQfp16', 'SQbf16']),
      ...over({}, ['SQ8_direct'], { bytes: 'u8' }),
      ...over({}, ['SQ8_direct_signed'], { bytes: 's8' }),
      ...over(
        probe,
        ['SQ8', 'SQ6', 'SQ4', 'SQfp16', 'SQbf16'].map((sq) => `IVF256,${sq}`),
      ),
      ...over(probe, ['IVF256,SQ8_direct'], { bytes: 'u8' }),
      ...over(probe, ['IVF256,SQ8_direct_signed'], { bytes: 's8' }),
      ...over(refined(4), [
        'IVF256,PQ{M}np,RFlat',
        'IVF256,PQ{F}x4fs,RFlat',
        'IVF256,PQ{F}x4fs,Refine(SQ8)',
        'IVF256,PQ{M}x4fs,Refine(PQ{F}np)',
        'IVF256,SQ4,Refine(SQfp16)',
        'IVF256,PQ{F}x4fs,Refine(SQ6),RFlat',
        'IVF256,PQ{F}x4fs,Refine(SQ8),Refine(SQbf16)',
      ]),
      ...over({ kFactor: 4 }, ['SQ4,Refine(SQ8)', 'PQ{M}np,Refine(SQ8)', 'PQ{F}x4fs,RFlat', 'SQ4,RFlat']),
    ],
  },
  {
    title: 'Graphs and other coarse quantizers',
    forms: [
      ...over({ ef: 32 }, ['HNSW16', 'HNSW32', 'HNSW16,SQ8', 'HNSW16,SQ4', 'HNSW16,SQfp16']),
      ...over({ ef: 32 }, ['HNSW16,PQ{M}np'], l2),
      ...over(probe, [
        'IVF256_HNSW32,Flat',
        'IVF256_HNSW16,SQ8',
        'IVF1024_HNSW16,PQ{M}np',
        'IVF1024_HNSW16,PQ{F}x4fs',
        'IVF256(Flat),Flat',
        'IVF256(SQ8),Flat',
        'IVF256(IVF16,Flat),Flat',
        'IVF256(PQ{M}np),PQ{M}np',
        'IVF256(HNSW16,SQ8),SQ6',
        'IVF256(PQ{M}x4fs,RFlat),Flat',
      ]),
      ...over({ nprobe: 256 }, ['IMI2x6,Flat', 'IMI2x6,PQ{M}np', 'IMI2x6,SQ8', 'IMI2x8,PQ{M}np'], l2),
    ],
  },
  {
    title: 'Product quantizers and transforms',
    forms: [
      ...over({}, ['PQ{S}', 'PQ{M}np', 'PQ{M}x4np', 'PQ{M}x6np', 'PQ{M}x5np']),
      ...over({}, ['PQ{S}x10np', 'PQ{S}x12np'], wide),
      ...over({}, ['PQ{M}x4fs', 'PQ{F}x4fs', 'PQ{F}x4fs_64']),
      ...over(probe, [
        'IVF256,Flat',
        'IVF256,PQ{M}np',
        'IVF256,PQ{M}x4np',
        'IVF256,PQ{M}x6np',
        'IVF256,PQ{S}',
      ]),
      ...over(probe, ['IVF256,PQ{S}x10np', 'IVF256,PQ{S}x12np'], wide),
      ...over(probe, ['IVF256,PQ{M}x4fs', 'IVF256,PQ{F}x4fs', 'IVF256,PQ{M}x4fsr', 'IVF256,PQ{F}x4fsr']),
      ...over(refined(4), ['IVF256,PQ{S}+{M}'], l2),
      ...over({}, ['PCA64,Flat', 'PCAW64,Flat', 'ITQ64,Flat', 'RR64,Flat', 'HR,SQ4', 'RR,SQ4', 'L2norm,SQ8']),
      ...over({}, ['Pad{P},PQ{M}np', 'OPQ{M},PQ{M}np', 'OPQ16_64,PQ16np', 'OPQ16_64,PQ16x4fs']),
      ...over(probe, [
        'PCA64,IVF256,SQ8',
        'PCAR64,IVF256,PQ32x4fsr',
        'PCAW64,IVF256,Flat',
        'PCAWR64,IVF256,PQ16np',
        'OPQ{M},IVF256,PQ{M}np',
        'OPQ16_64,IVF256,PQ16x4fsr',
        'ITQ64,IVF256,PQ16np',
        'RR,IVF256,PQ{M}np',
        'HR,IVF256,PQ32np',
        'Pad{P},HR,IVF256,SQ4',
        'L2norm,IVF256,PQ{F}x4fs',
        'L2norm,PCAR64,RR,IVF256,PQ16np',
        'PCA64,L2norm,OPQ16,IVF256,PQ16np',
        'RR,PCA64,Pad128,HR,IVF256,SQ6',
      ]),
      ...over(refined(4), ['PCAR64,IVF256,PQ32x4fsr,RFlat', 'OPQ16_64,IVF256,PQ16x4fs,Refine(SQ8)']),
    ],
  },
  {
    title: 'RaBitQ',
    forms: [
      ...over(
        {},
        bits.map((n) => `RaBitQ${n === 1 ? '' : n}`),
      ),
      ...over(
        {},
        bits.map((n) => `RaBitQfs${n === 1 ? '' : n}`),
      ),
      ...over(
        probe,
        bits.map((n) => `IVF256,RaBitQ${n === 1 ? '' : n}`),
      ),
      ...over(
        probe,
        bits.map((n) => `IVF256,RaBitQfs${n === 1 ? '' : n}`),
      ),
      ...over({}, ['RR,RaBitQ4']),
      ...over(probe, ['RR,IVF256,RaBitQ', 'HR,IVF256,RaBitQ4', 'RR,IVF256,RaBitQfs2']),
      ...over(refined(10), ['RR,IVF256,RaBitQ,RFlat', 'RR,IVF256,RaBitQfs,Refine(SQ8)']),
    ],
  },
];
