// Lutra beside faiss on the same index file, which faiss wrote; and both building the same string.
import { fetchNode } from '../../tooling/test/other-node.mjs';
import { builds, openings, searches } from '../harness/against-faiss.mjs';
import { faiss, lutra } from '../harness/engines.mjs';

/** From cheap to dear, in steps of a tenth or less where the recall wanted is met. */
const NPROBES = [
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 22, 24, 26, 28, 30, 32, 35, 38, 41,
  44, 48, 52, 56, 60, 64, 70, 76, 82, 88, 96, 104, 112, 120, 128, 140, 152, 164, 176, 192, 208, 224, 240, 256,
];
const probes = (extra = {}) => NPROBES.map((nprobe) => ({ nprobe, ...extra }));
const REFINED = 'IVF1024,PQ128x4fs,RFlat';
/** A quarter of the bytes for the same recall, on data with a steep spectrum. */
const CHAIN = 'PCAR64,IVF1024,PQ32x4fsr,RFlat';
/** Candidates of a graph, to a recall of 0.95 and beyond. */
const EFS = [
  10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32, 36, 40, 44, 48, 52, 56, 64, 72, 80, 88, 96, 104, 112, 120,
  128, 136, 144, 160, 176, 192, 208, 224, 256, 288, 320, 360, 400,
];
const SPEECH = { data: 'speech', factory: REFINED, setting: { nprobe: 32, kFactor: 10 } };
/** The oldest Node that the packages support, in its last release. */
const OLDEST_NODE = '20.20.2';
const FLAT_ROWS = 100_000;

const flats = [128, 256, 768].flatMap((d) =>
  [
    { id: `flat-${d}-cache`, title: `Flat, d ${d}, 1 MB of vectors`, rows: Math.floor(2 ** 18 / d) },
    { id: `flat-${d}`, title: `Flat, d ${d}, ${FLAT_ROWS.toLocaleString('en')} rows`, rows: FLAT_ROWS },
  ].map(({ rows, ...rest }) => ({
    ...rest,
    run: (run) =>
      searches(run, {
        data: 'own',
        own: { d, rows: run.quick ? Math.min(rows, 20_000) : rows, nq: 200 },
        factory: 'Flat',
        setting: {},
        modes: ['single'],
      }),
  })),
);

/** Codes in lists, and alone. */
const CODES = [
  { factory: 'IVF1024,SQ8', setting: { nprobe: 16 } },
  { factory: 'IVF1024,SQ4', setting: { nprobe: 16 } },
  { factory: 'IVF1024,SQfp16', setting: { nprobe: 16 } },
  { factory: 'IVF1024,RaBitQ', setting: { nprobe: 16 } },
  { factory: 'IVF1024,RaBitQ4', setting: { nprobe: 16 } },
  { factory: 'IVF1024,RaBitQfs4', setting: { nprobe: 16 } },
  { factory: 'IVF1024,PQ128x4fs,Refine(SQ8)', setting: { nprobe: 32, kFactor: 10 } },
  { factory: 'IVF1024,PQ32np', setting: { nprobe: 16 } },
  { factory: 'SQ8', setting: {} },
  { factory: 'RaBitQ', setting: {} },
  { factory: 'RaBitQ4', setting: {} },
];

/** What can be run, in this order. */
export const cases = [
  {
    id: 'refined',
    title: `${REFINED}, nprobe 32, kFactor 10`,
    run: (run) => searches(run, { ...SPEECH, modes: ['single', 'python', 'batch'] }),
  },
  {
    id: 'sketches',
    title: `${REFINED} at the recall of faiss with nprobe 32, kFactor 10`,
    run: (run) =>
      searches(run, {
        ...SPEECH,
        modes: ['single', 'batch'],
        target: 'reference',
        lanes: [2, 3, 4, 5, 6, 8, 10, 14, 20].map((kFactor) => probes({ kFactor })),
        fixed: { faiss: SPEECH.setting },
        engines: [
          lutra({ node: run.node, sketches: true }),
          lutra({ node: run.node }),
          faiss({ python: run.python }),
          faiss({ python: run.python, name: 'faiss, cheapest' }),
        ],
      }),
  },
  {
    id: 'chain',
    title: `${CHAIN}, nprobe 32, kFactor 10`,
    run: (run) => searches(run, { ...SPEECH, factory: CHAIN, modes: ['single', 'batch'] }),
  },
  ...['speech', 'glove'].map((data) => ({
    id: `ivfflat-${data}`,
    title: 'IVF4096,Flat at recall@10 0.95',
    run: (run) =>
      searches(run, {
        data,
        factory: 'IVF4096,Flat',
        lanes: [probes()],
        target: 0.95,
        modes: ['single', 'batch'],
      }),
  })),
  ...['speech', 'glove'].flatMap((data) => [
    {
      id: `hnsw-${data}`,
      title: 'HNSW32 at recall@10 0.95; hnswlib-node of M 16, efConstruction 200',
      run: (run) =>
        searches(run, {
          data,
          factory: 'HNSW32',
          lanes: [EFS.map((ef) => ({ ef }))],
          target: 0.95,
          modes: ['single'],
          peers: ['hnswlib-node'],
        }),
    },
    {
      id: `hnsw-build-${data}`,
      title: 'add to HNSW32, and recall of both graphs',
      run: (run) =>
        builds(run, {
          data,
          factory: 'HNSW32',
          setting: { ef: data === 'speech' ? 22 : 144 },
          modes: ['single'],
        }),
    },
  ]),
  {
    id: 'refined-glove',
    title: 'IVF4096,PQ50x4fs,RFlat at recall@10 0.9',
    run: (run) =>
      searches(run, {
        data: 'glove',
        factory: 'IVF4096,PQ50x4fs,RFlat',
        lanes: [4, 10, 20].map((kFactor) => probes({ kFactor })),
        target: 0.9,
        modes: ['single', 'batch'],
      }),
  },
  ...flats,
  ...CODES.flatMap(({ factory, setting }) =>
    ['speech', 'glove'].map((data) => ({
      id: `codes-${factory}-${data}`,
      title: `${factory}${setting.nprobe ? `, nprobe ${setting.nprobe}` : ''}`,
      run: (run) => {
        const string = data === 'glove' ? factory.replace('PQ128', 'PQ50').replace('PQ32', 'PQ20') : factory;
        return searches(run, { data, factory: string, setting, modes: ['single', 'batch'] });
      },
    })),
  ),
  ...[
    { id: 'threads', of: 'batches of 1,000' },
    { id: 'threads-large', of: 'one batch of 8,000', following: 8000 },
  ].map(({ id, of, following }) => ({
    id,
    title: `${REFINED} in ${of}, one thread and two`,
    run: (run) =>
      searches(run, {
        ...SPEECH,
        ...(following && { following: run.quick ? 2000 : following }),
        modes: ['batch'],
        reference: 'lutra',
        engines: [
          lutra({ node: run.node }),
          lutra({ node: run.node, threads: 2 }),
          faiss({ python: run.python }),
          faiss({ python: run.python, threads: 2 }),
        ],
      }),
  })),
  {
    id: 'levels',
    title: `${REFINED} by kernel level`,
    run: async (run) =>
      searches(run, {
        ...SPEECH,
        modes: ['single', 'batch'],
        reference: 'lutra',
        engines: [
          lutra({ node: run.node }),
          lutra({ node: run.node, level: 'simd128' }),
          lutra({ node: await fetchNode(OLDEST_NODE), name: `lutra on Node ${OLDEST_NODE}` }),
        ],
      }),
  },
  {
    id: 'open',
    title: 'open the file, to the first result',
    run: (run) => openings(run, SPEECH),
  },
  {
    id: 'build',
    title: `train and add, ${REFINED}`,
    run: (run) => builds(run, { ...SPEECH, modes: ['single'] }),
  },
];
