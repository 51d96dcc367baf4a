// hnswlib-node: HNSW, one vector a call, plain arrays.
import { statSync } from 'node:fs';
import { load } from './load-peer.mjs';

export async function create({ peer, m = 16, efConstruction = 200 }) {
  const { HierarchicalNSW } = await load(peer, 'hnswlib-node');
  let index;
  return {
    about: { engine: 'hnswlib-node', version: peer.version },
    async build(base, { d, metric }, stage) {
      index = new HierarchicalNSW(metric, d);
      const n = base.length / d;
      index.initIndex({ maxElements: n, m, efConstruction, randomSeed: 100 });
      await stage('add', () => {
        for (let i = 0; i < n; i++) index.addPoint(Array.from(base.subarray(i * d, (i + 1) * d)), i);
      });
    },
    async save(path) {
      index.writeIndexSync(path);
      return statSync(path).size;
    },
    async open(path, { d, metric }) {
      index = new HierarchicalNSW(metric, d);
      index.readIndexSync(path);
    },
    configure: ({ ef }) => index.setEf(ef),
    prepare: (x) => Array.from(x),
    searchSync: (x, k) => index.searchKnn(x, k).neighbors,
    release() {
      index = undefined;
    },
  };
}
