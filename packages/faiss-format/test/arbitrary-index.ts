import type {
  DirectMapData,
  FlatData,
  IdMapData,
  IndexData,
  IndexHeader,
  InvertedListsData,
  IvfFields,
  IvfFlatData,
  IvfPqData,
  IvfPqFastScanData,
  LinearFields,
  PqData,
  PqFastScanData,
  PreTransformData,
  ProductQuantizerData,
  RefineData,
  TransformData,
} from '@lutra/core';
import { METRICS } from '@lutra/core';
import fc from 'fast-check';

const i32 = fc.integer();
const safeId = fc.oneof(fc.integer(), fc.maxSafeInteger());
const metric = fc.constantFrom(...METRICS);
const float = fc.float({ noNaN: true });

/** `n` floats, any 32-bit patterns among them: arrays are kept by the bit. */
function floats(n: number): fc.Arbitrary<Float32Array> {
  return bytes(4 * n).map((b) => new Float32Array(b.buffer, b.byteOffset, n));
}

function bytes(n: number): fc.Arbitrary<Uint8Array> {
  return fc.uint8Array({ minLength: n, maxLength: n });
}

function ids(n: number): fc.Arbitrary<Float64Array> {
  // -0 is no int64
  return fc.array(safeId, { minLength: n, maxLength: n }).map((x) => Float64Array.from(x, (id) => id + 0));
}

function header(d: number, ntotal: number): fc.Arbitrary<IndexHeader> {
  return fc.record({ isTrained: fc.boolean(), metric, arg: float }).map(({ isTrained, metric, arg }) => ({
    d,
    ntotal,
    isTrained,
    metric,
    metricArg: metric === 'ip' || metric === 'l2' ? 0 : arg,
  }));
}

export function flat(d: number, ntotal: number): fc.Arbitrary<FlatData> {
  return fc
    .tuple(header(d, ntotal), floats(d * ntotal))
    .map(([head, vectors]) => ({ kind: 'Flat', ...head, vectors }));
}

/** Of `d` components, with a divisor of it as M. */
function quantizer(d: number, nbits: fc.Arbitrary<number>): fc.Arbitrary<ProductQuantizerData> {
  const divisors = Array.from({ length: d }, (_, i) => i + 1).filter((m) => d % m === 0);
  return fc
    .tuple(fc.constantFrom(...divisors), nbits)
    .chain(([M, nbits]) => floats(d * 2 ** nbits).map((centroids) => ({ d, M, nbits, centroids })));
}

const codeSize = (pq: ProductQuantizerData): number => Math.ceil((pq.M * pq.nbits) / 8);

export function pq(d: number, ntotal: number): fc.Arbitrary<PqData> {
  const own = fc.record({ searchType: i32, encodeSigns: fc.boolean(), polysemousHt: i32 });
  return fc
    .tuple(header(d, ntotal), quantizer(d, fc.integer({ min: 1, max: 6 })), own)
    .chain(([head, pq, own]) =>
      bytes(ntotal * codeSize(pq)).map((codes) => ({ kind: 'Pq', ...head, pq, ...own, codes })),
    );
}

const fastScan = fc.record({ implem: i32, bbs: fc.constantFrom(32, 64, 96) });

export function pqFastScan(d: number, ntotal: number): fc.Arbitrary<PqFastScanData> {
  return fc
    .tuple(header(d, ntotal), quantizer(d, fc.constant(4)), fastScan, fc.nat(), fc.nat(2))
    .chain(([head, pq, own, qbs, spare]) => {
      const M2 = pq.M + (pq.M % 2);
      const ntotal2 = (Math.ceil(ntotal / own.bbs) + spare) * own.bbs;
      return bytes((ntotal2 * M2) / 2).map((codes) => ({
        kind: 'PqFastScan',
        ...head,
        pq,
        ...own,
        qbs,
        M2,
        ntotal2,
        codes,
      }));
    });
}

function directMap(ntotal: number): fc.Arbitrary<DirectMapData> {
  const places = (n: number): fc.Arbitrary<BigInt64Array> => fc.bigInt64Array({ minLength: n, maxLength: n });
  return fc.oneof(
    fc.constant<DirectMapData>({ kind: 'none' }),
    places(ntotal).map((places): DirectMapData => ({ kind: 'array', places })),
    fc.nat(5).chain((n) => places(2 * n).map((pairs): DirectMapData => ({ kind: 'hash', pairs }))),
  );
}

const lengths = (nlist: number): fc.Arbitrary<number[]> =>
  fc.array(fc.oneof(fc.constant(0), fc.nat(40)), { minLength: nlist, maxLength: nlist });

function arrayLists(nlist: number, codeSize: number): fc.Arbitrary<InvertedListsData> {
  return lengths(nlist).chain((sizes) =>
    fc
      .tuple(fc.tuple(...sizes.map((n) => bytes(n * codeSize))), fc.tuple(...sizes.map(ids)))
      .map(([codes, ids]): InvertedListsData => ({ kind: 'array', nlist, codeSize, codes, ids })),
  );
}

function blockLists(nlist: number, nPerBlock: number, blockSize: number): fc.Arbitrary<InvertedListsData> {
  return lengths(nlist).chain((sizes) =>
    fc
      .tuple(
        fc.tuple(...sizes.map((n) => bytes(Math.ceil(n / nPerBlock) * blockSize))),
        fc.tuple(...sizes.map(ids)),
      )
      .map(([codes, ids]): InvertedListsData => ({ kind: 'block', nlist, nPerBlock, blockSize, codes, ids })),
  );
}

type IvfHead = IndexHeader & Omit<IvfFields, 'invlists'>;

function ivfHeader(d: number, ntotal: number): fc.Arbitrary<IvfHead> {
  return fc
    .tuple(fc.integer({ min: 1, max: 6 }), fc.boolean(), fc.nat())
    .chain(([nlist, trained, nprobe]) =>
      fc
        .tuple(header(d, ntotal), flat(d, trained ? nlist : 0), directMap(ntotal))
        .map(([head, quantizer, directMap]) => ({ ...head, nlist, nprobe, quantizer, directMap })),
    );
}

const orMissing = (lists: fc.Arbitrary<InvertedListsData>): fc.Arbitrary<InvertedListsData> =>
  fc.oneof(
    { weight: 5, arbitrary: lists },
    { weight: 1, arbitrary: fc.constant({ kind: 'missing' as const }) },
  );

export function ivfFlat(d: number, ntotal: number): fc.Arbitrary<IvfFlatData> {
  return ivfHeader(d, ntotal).chain((head) =>
    orMissing(arrayLists(head.nlist, 4 * d)).map((invlists) => ({ kind: 'IvfFlat', ...head, invlists })),
  );
}

export function ivfPq(d: number, ntotal: number): fc.Arbitrary<IvfPqData> {
  return fc
    .tuple(ivfHeader(d, ntotal), quantizer(d, fc.integer({ min: 1, max: 6 })), fc.boolean())
    .chain(([head, pq, byResidual]) =>
      orMissing(arrayLists(head.nlist, codeSize(pq))).map((invlists) => ({
        kind: 'IvfPq',
        ...head,
        pq,
        byResidual,
        codeSize: codeSize(pq),
        invlists,
      })),
    );
}

export function ivfPqFastScan(d: number, ntotal: number): fc.Arbitrary<IvfPqFastScanData> {
  return fc
    .tuple(ivfHeader(d, ntotal), quantizer(d, fc.constant(4)), fastScan, fc.boolean(), fc.nat())
    .chain(([head, pq, own, byResidual, qbs2]) => {
      const M2 = pq.M + (pq.M % 2);
      return orMissing(blockLists(head.nlist, own.bbs, (own.bbs * M2) / 2)).map((invlists) => ({
        kind: 'IvfPqFastScan',
        ...head,
        pq,
        ...own,
        M2,
        byResidual,
        qbs2,
        codeSize: codeSize(pq),
        invlists,
      }));
    });
}

/** Any index without others in it, but for coarse quantizers. */
export function leaf(d: number, ntotal: number): fc.Arbitrary<IndexData> {
  return fc.oneof<fc.Arbitrary<IndexData>[]>(
    flat(d, ntotal),
    pq(d, ntotal),
    pqFastScan(d, ntotal),
    ivfFlat(d, ntotal),
    ivfPq(d, ntotal),
    ivfPqFastScan(d, ntotal),
  );
}

export function refine(d: number, ntotal: number): fc.Arbitrary<RefineData> {
  const kFactor = fc.float({ min: 1, max: 1000, noNaN: true });
  return fc
    .tuple(header(d, ntotal), leaf(d, ntotal), leaf(d, ntotal), kFactor)
    .map(([head, base, refine, kFactor]) => ({ kind: 'Refine', ...head, base, refine, kFactor }));
}

export function idMap(d: number, ntotal: number): fc.Arbitrary<IdMapData> {
  return fc
    .tuple(fc.constantFrom('IdMap', 'IdMap2'), header(d, ntotal), leaf(d, ntotal), ids(ntotal))
    .map(([kind, head, base, ids]) => ({ kind, ...head, base, ids }));
}

function linear(dIn: number, dOut: number): fc.Arbitrary<LinearFields> {
  return fc
    .boolean()
    .chain((haveBias) =>
      fc.tuple(floats(dIn * dOut), floats(haveBias ? dOut : 0)).map(([A, b]) => ({ haveBias, A, b })),
    );
}

function transform(dIn: number): fc.Arbitrary<TransformData> {
  const head = { dIn, isTrained: true };
  const power = 2 ** Math.ceil(Math.log2(dIn));
  const anyOut = fc.integer({ min: 1, max: 9 });
  return fc.oneof<fc.Arbitrary<TransformData>[]>(
    fc
      .tuple(fc.constantFrom('Linear', 'RandomRotation'), anyOut)
      .chain(([kind, dOut]) => linear(dIn, dOut).map((lt) => ({ kind, ...head, dOut, ...lt }))),
    anyOut.chain((dOut) =>
      fc
        .tuple(
          linear(dIn, dOut),
          float,
          float,
          fc.boolean(),
          i32,
          floats(dIn),
          floats(dIn),
          floats(dIn * dIn),
        )
        .map(([lt, eigenPower, epsilon, randomRotation, balancedBins, mean, eigenvalues, pcaMat]) => ({
          kind: 'Pca',
          ...head,
          dOut,
          ...lt,
          eigenPower,
          epsilon,
          randomRotation,
          balancedBins,
          mean,
          eigenvalues,
          pcaMat,
        })),
    ),
    fc.tuple(linear(dIn, dIn), i32, i32).map(([lt, maxIter, seed]) => ({
      kind: 'ItqMatrix',
      ...head,
      dOut: dIn,
      ...lt,
      maxIter,
      seed,
    })),
    anyOut.chain((dOut) =>
      fc
        .tuple(linear(dOut, dOut), linear(dIn, dOut), floats(dIn), fc.boolean(), i32, i32)
        .map(([itq, applied, mean, doPca, maxIter, seed]) => ({
          kind: 'Itq',
          ...head,
          dOut,
          mean,
          doPca,
          itq: { kind: 'ItqMatrix', dIn: dOut, dOut, isTrained: true, ...itq, maxIter, seed },
          pcaThenItq: { kind: 'Linear', ...head, dOut, ...applied },
        })),
    ),
    float.map((norm) => ({ kind: 'Normalization', ...head, dOut: dIn, norm })),
    floats(dIn).map((mean) => ({ kind: 'Centering', ...head, dOut: dIn, mean })),
    fc
      .array(fc.integer({ min: -1, max: dIn - 1 }), { minLength: 1, maxLength: 9 })
      .map((map) => ({ kind: 'RemapDimensions', ...head, dOut: map.length, map: Int32Array.from(map) })),
    fc.nat().map((seed) => ({ kind: 'HadamardRotation', ...head, dOut: power, seed })),
  );
}

/** A chain of up to three transforms, each taking what the one before gives. */
export function preTransform(d: number, ntotal: number): fc.Arbitrary<PreTransformData> {
  const grow = (chain: TransformData[], left: number): fc.Arbitrary<TransformData[]> =>
    left === 0
      ? fc.constant(chain)
      : transform(chain.at(-1)?.dOut ?? d).chain((next) => grow([...chain, next], left - 1));
  return fc
    .nat(3)
    .chain((n) => grow([], n))
    .chain((transforms) =>
      fc
        .tuple(header(d, ntotal), leaf(transforms.at(-1)?.dOut ?? d, ntotal))
        .map(([head, base]) => ({ kind: 'PreTransform', ...head, transforms, base })),
    );
}
