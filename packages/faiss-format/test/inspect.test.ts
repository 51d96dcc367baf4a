import { describe, expect, it } from 'vitest';
import { decodeIndex, inspectIndex } from '../src/index.js';
import { listStatistics } from '../src/inspect/list-statistics.js';
import { CASES, fixture } from './fixtures.js';

describe('inspectIndex', () => {
  it('describes IVF16,PQ8x4fs,RFlat', () => {
    const data = decodeIndex(fixture('refine-rvc-like'));
    const tree = inspectIndex(data);
    expect(tree).toMatchObject({
      role: 'index',
      className: 'IndexRefineFlat',
      fourcc: 'IxRF',
      d: 32,
      ntotal: 200,
      isTrained: true,
      metric: 'l2',
      parameters: { kFactor: 1 },
      codeSize: 4 + 128,
    });
    const [base, refine] = tree.children;
    expect(base).toMatchObject({
      role: 'base',
      className: 'IndexIVFPQFastScan',
      fourcc: 'IwPf',
      codeSize: 4,
      parameters: { nlist: 16, nprobe: 1, byResidual: false, M: 8, nbits: 4, bbs: 32, directMap: 'none' },
      lists: { nlist: 16, entries: 200 },
    });
    expect(base?.children).toMatchObject([{ role: 'quantizer', className: 'IndexFlatL2', ntotal: 16 }]);
    expect(refine).toMatchObject({ role: 'refine', className: 'IndexFlatL2', codeSize: 128 });
    expect(refine?.bytes).toMatchObject({ total: 45 + 25_600, vectors: 25_600, overhead: 45 });
    expect(tree.bytes).toMatchObject({ vectors: 25_600, ids: 1600, centroids: 16 * 128 + 32 * 16 * 4 });
  });

  it('describes a chain of transforms', () => {
    const tree = inspectIndex(decodeIndex(fixture('pt-chain')));
    expect(tree.transforms).toMatchObject([
      { className: 'PCAMatrix', fourcc: 'Pcam', dIn: 16, dOut: 8, isTrained: true },
      { className: 'NormalizationTransform', parameters: { norm: 2 }, bytes: 0 },
      { className: 'RandomRotationMatrix', bytes: 256 },
    ]);
    // mean, eigenvalues, eigenvectors, A, b; then the rotation
    expect(tree.bytes.transforms).toBe(4 * (16 + 16 + 256 + 128 + 8) + 256);
  });

  it.each(CASES)('$name: the parts add up to the file', (entry) => {
    const { total, ...parts } = inspectIndex(decodeIndex(fixture(entry.name))).bytes;
    expect(total).toBe(entry.bytes);
    expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(total);
    expect(Math.min(...Object.values(parts))).toBeGreaterThanOrEqual(0);
  });
});

describe('listStatistics', () => {
  const lists = (...lengths: number[]) => ({
    kind: 'array' as const,
    nlist: lengths.length,
    codeSize: 0,
    codes: lengths.map(() => new Uint8Array(0)),
    ids: lengths.map((n) => new Float64Array(n)),
  });

  it('follows the imbalance factor of faiss', () => {
    expect(listStatistics(lists(4, 0, 2, 10))).toEqual({
      nlist: 4,
      entries: 16,
      min: 0,
      median: 3,
      max: 10,
      empty: 1,
      imbalanceFactor: (4 * (16 + 4 + 100)) / 256,
    });
    expect(listStatistics(lists(7, 7, 7))).toMatchObject({ median: 7, imbalanceFactor: 1 });
  });

  it('of nothing', () => {
    expect(listStatistics(lists(0, 0))).toMatchObject({ entries: 0, empty: 2, imbalanceFactor: 0 });
    expect(listStatistics({ kind: 'missing' })).toBeUndefined();
  });
});
