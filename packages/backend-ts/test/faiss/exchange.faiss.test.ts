import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Metric, RefineData, SearchParameters, VectorIndex } from '@lutra/core';
import { parseFactory } from '@lutra/factory';
import { decodeIndex, encodeIndex } from '@lutra/faiss-format';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ts } from '../../src/index.js';
import { fault, sameCandidates, type Table } from '../compare.js';
import { clusters } from '../data.js';

const script = join(import.meta.dirname, 'exchange.py');
const python = process.env.LUTRA_PYTHON ?? 'python3';
const NQ = 40;
const settings = [
  { k: 10, nprobe: 1, kFactor: 1 },
  { k: 10, nprobe: 4, kFactor: 4 },
  { k: 30, nprobe: 16, kFactor: 2 },
];

/** Every index type of the engine that takes d dimensions; M and m divide d, `pad` is a larger dimension. */
const strings = (d: number, M: number, m: number): string[] => [
  'Flat',
  'IVF16,Flat',
  `PQ${m}np`,
  `PQ${M}x4np`,
  `PQ${M}x4fs`,
  `IVF16,PQ${m}np`,
  `IVF16,PQ${M}x4np`,
  `IVF16,PQ${m}x5np`,
  `IVF16,PQ${M}x4fs`,
  `IVF16,PQ${M}x4fsr`,
  `IVF16,PQ${M}x4fs_64`,
  `IVF16,PQ${M}x4fs,RFlat`,
  `IVF16,PQ${M}x4fsr,RFlat`,
  `PQ${M}x4fs,Refine(PQ${m}np)`,
  `L2norm,IVF16,Flat`,
  `PCA${d / 2},IVF16,Flat`,
  `RR,IVF16,PQ${M}x4fs,RFlat`,
  'HNSW12',
  'IDMap,HNSW8',
  `IVF16_HNSW8,PQ${M}x4fs,RFlat`,
  `IDMap,Flat`,
  `IDMap2,PQ${M}x4fs`,
];
/** Scalar quantizers of every type that wants no whole numbers. */
const SQ = [
  'SQ6',
  'SQ4',
  'SQbf16',
  'IVF16,SQ6',
  'IVF16,SQ4',
  'IVF16,SQfp16',
  'IVF16,SQbf16',
  'IVF16,SQ0',
  'IDMap,SQ8',
  'PCA50,SQ8',
  'IVF16,PQ25x4fs,Refine(SQfp16)',
  'SQ4,Refine(SQ8),RFlat',
  'HNSW8,SQ8',
  'SQtqmse1',
  'SQtqmse3',
  'SQtqmse8',
  'SQtq3',
  'IVF16,SQtqmse4',
  'IVF16,SQtq5',
];
/** Transforms in a row, in front of codes that depend on the range of their output. */
const CHAINS = [
  'L2norm,PCAR20,SQ8',
  'PCAWR20,IVF16,SQ6',
  'PCAW40,RR,L2norm,SQ4',
  'HR,PCAR20,SQfp16',
  'ITQ32,IVF16,SQ8',
  'Pad128,HR,RR64,SQ8,RFlat',
];
/** Coarse quantizers of other classes than Flat. */
const COARSE = [
  'IMI2x4,Flat',
  'IMI2x4,SQ8',
  'IMI2x3,PQ25x4fsr',
  'IVF16(SQ8),Flat',
  'IVF16(PQ25x4np),SQfp16',
  'IVF16(IVF4,Flat),Flat',
  'IVF16(PCA10,Flat),SQ8',
  'IVF16(RCQ2x2),Flat',
  'IVF16(RCQ1x3_1x1),SQ8',
];
/** Additive quantizers in FastScan blocks, of even and odd numbers of tables; l2 by the suffix, ip without. */
const ADDITIVE_FAST_SCAN = [
  'RQ4x4fs_Nrq2x4',
  'RQ3x4fs',
  'LSQ3x4fs_64_Nlsq2x4',
  'PRQ2x2x4fs_Nlsq2x4',
  'PLSQ2x2x4fs',
  'IVF16,RQ4x4fs_Nrq2x4',
  'IVF16,RQ3x4fsr_Nlsq2x4',
  'IVF16,PRQ2x2x4fsr',
  'IVF16,LSQ3x4fs',
];
/** What faiss trains and encodes by the same rounding all the way: the files have the same bytes. */
const IDENTICAL = [
  'Flat',
  'SQ8',
  'SQ6',
  'SQ4',
  'SQfp16',
  'SQbf16',
  'IDMap,SQ8',
  'SQtqmse1',
  'SQtqmse3',
  'SQtqmse8',
];
/** A coarse centroid and a code of what is left, in a graph: faiss searches no other. */
const TWO_LAYERS = ['HNSW8,16+PQ8', 'HNSW8,2x3+PQ8'];

/** Bits of a transform, behind thresholds of every kind. */
const SPECTRAL = ['IVF16,ITQ16,SH', 'IVF16,PCAR24,SH4c', 'IVF16,PCA16,SH6m'];

/** Vectors in levels, and equal ones once. */
const LEVELS = [
  'FlatL2Panorama5_64',
  'FlatIPPanorama4',
  'IVF16,FlatPanorama3_32',
  'SQ4,RefinePanorama(FlatL2Panorama4_1)',
  'IVF16,FlatDedup',
];

/** A multi-index, a second code of residuals, norms and bits that differ are for l2 only, additive codes without norms for ip. */
function metricsOf(factory: string): readonly Metric[] {
  if (ADDITIVE_FAST_SCAN.includes(factory)) return factory.includes('_N') ? ['l2'] : ['ip'];
  if (factory.startsWith('FlatIP')) return ['ip'];
  return /^IMI|\+|SH|L2Panorama|^HNSW8,.*PQ8/.test(factory) ? ['l2'] : ['l2', 'ip'];
}

const cases = (
  [
    [256, [...strings(256, 128, 16), 'SQ8', 'SQfp16', 'IVF16,SQ8', 'PQ64x4fs,Refine(SQ8)']],
    [
      100,
      [
        ...strings(100, 25, 20),
        'PCAR20,Flat',
        'PCAW20,Flat',
        'OPQ10_40,IVF16,PQ10np',
        'ITQ64,Flat',
        ...SQ,
        ...COARSE,
        ...CHAINS,
      ],
    ],
    [
      68,
      [
        'RaBitQ4',
        'IVF16,RaBitQ',
        'IVF16,RaBitQ9',
        'RaBitQfs_64',
        'IVF16,RaBitQfs5',
        'EDEN3',
        'IVF16,EDEN2BIASED',
        'IVF16,EDEN7',
      ],
    ],
    [100, ['PQ10x10np', 'IVF16,PQ10+20', 'RQ3x5_Nqint8', 'IVF16,PRQ2x2x4_Nfloat', 'LSHrt']],
    [32, [...ADDITIVE_FAST_SCAN, ...LEVELS, ...SPECTRAL, ...TWO_LAYERS]],
    [768, strings(768, 384, 48)],
    [50, ['Pad64,IVF16,PQ32x4fs', 'Pad64,PQ16np', 'HR,Flat', 'Pad64,IVF16,PQ32x4fs,RFlat']],
  ] as [number, string[]][]
).flatMap(([d, list]) =>
  list.flatMap((factory) => metricsOf(factory).map((metric) => ({ d, factory, metric }))),
);

let folder: string;
const backend = ts();
const base = new Map<number, Float32Array>();
const query = new Map<number, Float32Array>();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lutra-exchange-'));
  for (const d of new Set(cases.map((c) => c.d))) {
    base.set(d, clusters(2000, d, { seed: d, centers: 40, spread: 0.5 }));
    query.set(d, clusters(NQ, d, { seed: d, centers: 40, spread: 0.7, rows: 1 }));
    writeFileSync(join(folder, `base_${d}.f32`), base.get(d)!);
    writeFileSync(join(folder, `query_${d}.f32`), query.get(d)!);
  }
  writeFileSync(join(folder, 'cases.json'), JSON.stringify({ cases, settings }));
  execFileSync(python, [script, 'build', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function dumped(name: string, k: number): Table {
  const ids = readFileSync(join(folder, `${name}.ids`));
  const dis = readFileSync(join(folder, `${name}.dis`));
  const labels = Float64Array.from(
    new BigInt64Array(ids.buffer.slice(ids.byteOffset, ids.byteOffset + ids.length)),
    Number,
  );
  const distances = new Float32Array(dis.buffer.slice(dis.byteOffset, dis.byteOffset + dis.length));
  return { labels, distances, k };
}

function parametersFor(index: VectorIndex, s: (typeof settings)[number]): SearchParameters {
  const { nprobe, kFactor } = index.parameters;
  return { ...(nprobe && { nprobe: s.nprobe }), ...(kFactor && { kFactor: s.kFactor }) };
}

/** Compares all settings of a case; throws naming the first query that cannot be explained. Returns how many were tied. */
async function compareAll(who: string, i: number, index: VectorIndex): Promise<number> {
  const { d, factory } = cases[i]!;
  const x = query.get(d)!;
  let tied = 0;
  for (const [j, s] of settings.entries()) {
    const found = await index.search(x, s.k, parametersFor(index, s));
    const truth = dumped(`${who}_${i}_${j}`, s.k);
    const scale = Math.abs(truth.distances[0]!);
    const bases =
      /,(RFlat|Refine\()/.test(factory) && index.spec.kind.startsWith('Refine')
        ? await basesOf(who, i, j, index, s)
        : undefined;
    for (let q = 0; q < NQ; q++) {
      const wrong = fault(found, truth, q, scale);
      if (wrong === undefined) continue;
      const explained = bases && sameCandidates(bases.ours, bases.theirs, q, scale * 0.1);
      expect(explained, `${who} ${factory} setting ${j} query ${q}: ${wrong}`).toBe(true);
      tied++;
    }
  }
  return tied;
}

async function basesOf(who: string, i: number, j: number, index: VectorIndex, s: (typeof settings)[number]) {
  const k = Math.trunc(s.k * s.kFactor);
  const inner = await backend.load((index.toData() as RefineData).base);
  const parameters = inner.parameters.nprobe ? { nprobe: s.nprobe } : {};
  return {
    ours: await inner.search(query.get(cases[i]!.d)!, k, parameters),
    theirs: dumped(`${who}_${i}_${j}.base`, k),
  };
}

describe.each(cases.map((c, i) => ({ ...c, i })))('$factory, d $d, $metric', ({ d, factory, metric, i }) => {
  it('answers as faiss does from a file of faiss', async () => {
    const bytes = new Uint8Array(readFileSync(join(folder, `faiss_${i}.index`)));
    const index = await backend.load(decodeIndex(bytes));
    expect(index.ntotal).toBe(2000);
    const tied = await compareAll('faiss', i, index);
    expect(tied).toBeLessThanOrEqual((NQ * settings.length) / 10);
    expect(Buffer.compare(encodeIndex(index.toData()), bytes)).toBe(0);
  });

  it('builds its own', async () => {
    const index = await backend.create(parseFactory(factory), { d, metric });
    await index.train(base.get(d)!);
    const ids = factory.startsWith('IDMap')
      ? { ids: Float64Array.from({ length: 2000 }, (_, j) => j * 7 + 5) }
      : {};
    await index.add(base.get(d)!, ids);
    expect(index.ntotal).toBe(2000);
    const bytes = encodeIndex(index.toData());
    writeFileSync(join(folder, `ours_${i}.index`), bytes);
    if (IDENTICAL.includes(factory)) {
      expect(Buffer.compare(bytes, readFileSync(join(folder, `faiss_${i}.index`)))).toBe(0);
    }
  });
});

describe('a file written here', () => {
  it('gives in faiss what it gives here', async () => {
    execFileSync(python, [script, 'search', folder], { stdio: ['ignore', 'inherit', 'inherit'] });
    for (const i of cases.keys()) {
      const index = await backend.load(
        decodeIndex(new Uint8Array(readFileSync(join(folder, `ours_${i}.index`)))),
      );
      const tied = await compareAll('back', i, index);
      expect(tied).toBeLessThanOrEqual((NQ * settings.length) / 10);
    }
  });
});
