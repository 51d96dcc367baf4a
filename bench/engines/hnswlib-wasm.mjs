// hnswlib-wasm: HNSW compiled by Emscripten. Its files live in a virtual file system, so an index is not saved here but
// built by every process that measures it.
import { load } from './load-peer.mjs';

export async function create({ peer, m = 16, efConstruction = 200 }) {
  const { loadHnswlib } = await load(peer, 'hnswlib-wasm');
  // it is compiled for browsers and asks for their globals
  Object.assign(globalThis, { window: globalThis, location: { href: 'file:///' } });
  const library = await loadHnswlib();
  let index;
  return {
    about: { engine: 'hnswlib-wasm', version: peer.version },
    async build(base, { d, metric }, stage) {
      index = new library.HierarchicalNSW(metric, d, '');
      const n = base.length / d;
      index.initIndex(n, m, efConstruction, 100);
      await stage('add', () => {
        for (let i = 0; i < n; i++) index.addPoint(base.subarray(i * d, (i + 1) * d), i, false);
      });
    },
    configure: ({ ef }) => index.setEfSearch(ef),
    searchSync: (x, k) => index.searchKnn(x, k, undefined).neighbors,
    release() {
      index = undefined;
    },
  };
}
