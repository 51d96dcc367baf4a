import type { CodecSpec, FactorySpec, TransformSpec } from '@lutra/core';
import { isLutraError } from '@lutra/core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checkFactory, describeFactory, formatFactory, parseFactory, specKinds } from '../src/index.js';
import { NORMS, SQ_TYPES } from '../src/parse-quantizer.js';

const int = fc.oneof(fc.integer({ min: 0, max: 64 }), fc.integer({ min: 0, max: 2147483647 }));
const bbs = fc.oneof(fc.constant(32), int);
const flat = fc.constant({ kind: 'Flat' } as const);
const sq = fc.record({ kind: fc.constant('ScalarQuantizer' as const), qtype: fc.constantFrom(...SQ_TYPES) });
const pq = fc.record({
  kind: fc.constant('Pq' as const),
  M: int,
  nbits: fc.oneof(fc.constant(8), int),
  polysemous: fc.boolean(),
});
const norm = fc.constantFrom('default' as const, ...NORMS);
const maybe = <T>(name: string, value: fc.Arbitrary<T>) =>
  fc.oneof(
    fc.constant({}),
    value.map((v) => ({ [name]: v })),
  );
const runs = fc.array(fc.tuple(int, int), { minLength: 1, maxLength: 4 });
const oneRun = fc.tuple(int, int).map((r) => [r]);

const additive = (
  quantizers: readonly string[],
  parts: fc.Arbitrary<[number, number][]>,
  nsplits: fc.Arbitrary<number>,
) =>
  fc.record({
    kind: fc.constant('AdditiveQuantizer' as const),
    quantizer: fc.constantFrom(...quantizers),
    nsplits,
    parts,
    norm,
  });
const additiveScan = (
  quantizers: readonly string[],
  nsplits: fc.Arbitrary<number>,
  extra: Record<string, fc.Arbitrary<unknown>>,
) =>
  fc.record({
    kind: fc.constant('AdditiveFastScan' as const),
    quantizer: fc.constantFrom(...quantizers),
    nsplits,
    M: int,
    bbs,
    norm,
    ...extra,
  });

const one = fc.constant(1);
const raBitQ = fc.record({ kind: fc.constant('RaBitQ' as const), nbits: fc.integer({ min: 1, max: 9 }) });
const raBitQFastScan = fc.record({
  kind: fc.constant('RaBitQFastScan' as const),
  nbits: fc.integer({ min: 1, max: 9 }),
  bbs,
});
const eden = fc.record({
  kind: fc.constant('Eden' as const),
  nbits: fc.integer({ min: 1, max: 8 }),
  biased: fc.boolean(),
});
const coarseOfTwo = fc.oneof(
  fc.record({ kind: fc.constant('Flat' as const), nlist: int }),
  fc.record({ kind: fc.constant('MultiIndex' as const), M: int, nbits: int }),
);
const twoOfHnsw = fc.oneof(
  fc.record({ kind: fc.constant('Flat' as const), nlist: int }),
  fc.record({ kind: fc.constant('MultiIndex' as const), M: fc.constant(2), nbits: int }),
);
const period = fc
  .float({ noNaN: true, noDefaultInfinity: true })
  .filter((p) => p === 0 || Math.abs(p) > 1.2e-38)
  .map((p) => p as number);

const leaf = fc.oneof(
  flat,
  sq,
  pq,
  fc.record({ kind: fc.constant('PqFastScan' as const), M: int, bbs }),
  additive(['RQ', 'RCQ'], runs, one),
  additive(['LSQ', 'LSCQ'], oneRun as fc.Arbitrary<[number, number][]>, one),
  additive(['PRQ', 'PLSQ'], oneRun as fc.Arbitrary<[number, number][]>, int),
  additiveScan(['RQ', 'LSQ'], one, {}),
  additiveScan(['PRQ', 'PLSQ'], int, {}),
  raBitQ,
  raBitQFastScan,
  eden,
  fc
    .tuple(fc.constantFrom('l2', 'ip'), int, maybe('batch', int))
    .map(([metric, levels, b]) => ({ kind: 'FlatPanorama', metric, levels, ...b })),
  fc
    .tuple(maybe('nbits', int), fc.boolean(), fc.boolean())
    .map(([n, rotate, trainThresholds]) => ({ kind: 'Lsh', ...n, rotate, trainThresholds })),
  fc.record({ kind: fc.constant('Lattice' as const), nsq: int, r2: int, scaleNbits: int }),
  fc.record({ kind: fc.constant('TwoLayer' as const), coarse: coarseOfTwo, M: int, nbits: int }),
  fc.record({
    kind: fc.constant('Hnsw' as const),
    M: int,
    storage: fc.oneof(
      flat,
      sq,
      pq,
      fc.record({ kind: fc.constant('FlatPanorama' as const), levels: int }),
      fc.tuple(twoOfHnsw, maybe('M', int)).map(([coarse, m]) => ({ kind: 'TwoLayer', coarse, ...m })),
    ),
  }),
  fc.record({ kind: fc.constant('Nsg' as const), R: int, storage: fc.oneof(flat, sq, pq) }),
) as fc.Arbitrary<FactorySpec>;

const codec = fc.oneof(
  flat,
  fc.constant({ kind: 'FlatDedup' as const }),
  fc.tuple(int, maybe('batch', int)).map(([levels, b]) => ({ kind: 'FlatPanorama', levels, ...b })),
  sq,
  pq,
  fc.record({ kind: fc.constant('PqR' as const), M: int, refineM: int }),
  fc.record({ kind: fc.constant('PqFastScan' as const), M: int, bbs, residual: fc.boolean() }),
  additive(['RQ', 'LSQ'], runs, one),
  additive(['PRQ', 'PLSQ'], oneRun as fc.Arbitrary<[number, number][]>, int),
  additiveScan(['RQ', 'LSQ'], one, { residual: fc.boolean() }),
  additiveScan(['PRQ', 'PLSQ'], int, { residual: fc.boolean() }),
  raBitQ,
  raBitQFastScan,
  eden,
  fc
    .tuple(
      fc.constantFrom('Itq', 'Pca', 'PcaRotated'),
      maybe('nbits', int),
      period,
      fc.constantFrom('global', 'centroid', 'median'),
    )
    .map(([transform, n, p, threshold]) => ({ kind: 'SpectralHash', transform, ...n, period: p, threshold })),
) as fc.Arbitrary<CodecSpec>;

const transform = fc.oneof(
  fc.record({ kind: fc.constant('Pca' as const), dOut: int, whiten: fc.boolean(), rotate: fc.boolean() }),
  fc.constant({ kind: 'L2Norm' as const }),
  maybe('dOut', int).map((o) => ({ kind: 'RandomRotation', ...o })),
  maybe('seed', int).map((o) => ({ kind: 'HadamardRotation', ...o })),
  maybe('dOut', int).map((o) => ({ kind: 'Itq', ...o })),
  fc.tuple(int, maybe('dOut', int)).map(([M, o]) => ({ kind: 'Opq', M, ...o })),
  fc.record({ kind: fc.constant('Pad' as const), dOut: int }),
) as fc.Arbitrary<TransformSpec>;
const transforms = fc.array(transform, { minLength: 1, maxLength: 3 }) as unknown as fc.Arbitrary<
  [TransformSpec, ...TransformSpec[]]
>;

const nlist = fc.oneof(
  int,
  int.map((n) => n * 1024),
  int.map((n) => n * 1048576),
);
const has = (spec: FactorySpec, ...kinds: string[]): boolean =>
  specKinds(spec).some((k) => kinds.includes(k));

/** Where a suffix may stand (`full`) and where only prefixes may (`inner`); `plain` has no parentheses either. */
const { full } = fc.letrec<{ full: FactorySpec; inner: FactorySpec; plain: FactorySpec }>((tie) => {
  const ivf = fc.record({
    kind: fc.constant('Ivf' as const),
    nlist,
    coarse: fc.oneof(
      flat,
      fc.record({ kind: fc.constant('Hnsw' as const), M: int }),
      fc.record({ kind: fc.constant('Nsg' as const), R: int }),
      fc.record({ kind: fc.constant('Index' as const), index: tie('full') }),
    ),
    codec,
  });
  const imi = fc.tuple(fc.integer({ min: 0, max: 30 }), codec).map(([nbits, c]) => ({
    kind: 'Ivf',
    nlist: 2 ** (2 * nbits),
    coarse: { kind: 'MultiIndex', M: 2, nbits },
    codec: c,
  }));
  const idMap = (base: fc.Arbitrary<FactorySpec>) =>
    fc.record({ kind: fc.constantFrom('IdMap', 'IdMap2'), base });
  const minMax = fc.record({
    kind: fc.constantFrom('RowwiseMinMax', 'RowwiseMinMaxFp16'),
    base: tie('plain'),
  });
  const chainOf = (base: fc.Arbitrary<FactorySpec>) =>
    fc.record({
      kind: fc.constant('PreTransform' as const),
      transforms,
      base: base.filter((b) => b.kind !== 'PreTransform'),
    });
  const bases = { depthSize: 'small', withCrossShrink: true } as const;
  return {
    plain: fc.oneof(
      bases,
      leaf,
      idMap(tie('plain')),
      minMax,
      chainOf(tie('plain')),
    ) as fc.Arbitrary<FactorySpec>,
    inner: fc.oneof(
      bases,
      leaf,
      ivf,
      imi,
      idMap(tie('inner')),
      minMax,
      chainOf(tie('inner')),
    ) as fc.Arbitrary<FactorySpec>,
    full: fc.oneof(
      bases,
      tie('inner'),
      idMap(tie('full')),
      fc.record({ kind: fc.constant('RefineFlat' as const), base: tie('full') }),
      fc
        .record({ kind: fc.constant('Refine' as const), base: tie('full'), refine: tie('full') })
        .filter((s) => !has(s.base, 'RefinePanorama') && !has(s.refine, 'RefinePanorama', 'Refine')),
      fc
        .record({ kind: fc.constant('RefinePanorama' as const), base: tie('full'), refine: tie('full') })
        .filter((s) => !has(s.refine, 'RefinePanorama')),
    ) as fc.Arbitrary<FactorySpec>,
  };
});

const tokens =
  'IVF IVF16 PQ PQ8 x4fs r _64 SQ 8 fp16 Flat HNSW32 NSG IDMap IDMap2 RFlat Refine ( ) , _ RQ 4x8 _N qint8 L2norm PCA OPQ16_64 ITQ SH MinMax + 2x k M np EDEN RaBitQ RefinePanorama 99999999999 - .'.split(
    ' ',
  );

describe('properties', () => {
  it('formats every spec to a string that parses back to it', () => {
    fc.assert(
      fc.property(full, (spec) => {
        const text = formatFactory(spec);
        expect(parseFactory(text)).toEqual(spec);
        expect(formatFactory(parseFactory(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('throws nothing but SYNTAX errors with a place in the string', () => {
    const soup = fc.array(fc.constantFrom(...tokens), { maxLength: 12 }).map((t) => t.join(''));
    const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), soup, full.map(formatFactory));
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          fc.tuple(text, text).map(([a, b]) => a.slice(0, 20) + b),
        ),
        (s) => {
          try {
            parseFactory(s);
          } catch (e) {
            if (!isLutraError(e, 'SYNTAX')) throw e;
            expect(e.details.input).toBe(s);
            expect(e.details.index).toBeGreaterThanOrEqual(0);
            expect(e.details.index).toBeLessThanOrEqual(s.length);
            expect(e.details.expected.length).toBeGreaterThan(0);
          }
          expect(s).toBeTypeOf('string');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('checks any spec with an answer or an ARGUMENT error', () => {
    fc.assert(
      fc.property(
        full,
        fc.constantFrom(1, 8, 16, 48),
        fc.constantFrom('l2', 'ip', 'l1' as const),
        (spec, d, metric) => {
          try {
            const checked = checkFactory(spec, { d, metric });
            expect(Number.isFinite(checked.bytesPerVector)).toBe(true);
            expect(checked.minTrainRows).toBeLessThanOrEqual(checked.maxTrainRows);
            expect(describeFactory(checked.text, { d, metric })).toEqual(checked);
          } catch (e) {
            if (!isLutraError(e, 'ARGUMENT')) throw e;
            expect(e.message).toMatch(/^factory: /u);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
