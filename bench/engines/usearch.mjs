// usearch: HNSW on float32, typed arrays in, BigInt keys out.
import { statSync } from 'node:fs';
import { load } from './load-peer.mjs';

export async function create({ peer, m = 16, efConstruction = 200 }) {
  const { Index } = await load(peer, 'usearch');
  let index;
  let opened;
  const make = (expansion = 64) => {
    const { d, metric } = opened;
    return new Index({
      dimensions: d,
      metric: metric === 'ip' ? 'ip' : 'l2sq',
      quantization: 'f32',
      connectivity: m,
      expansion_add: efConstruction,
      expansion_search: expansion,
      multi: false,
    });
  };
  return {
    about: { engine: 'usearch', version: peer.version },
    async build(base, { d, metric }, stage) {
      opened = { d, metric };
      index = make();
      const keys = BigUint64Array.from({ length: base.length / d }, (_, i) => BigInt(i));
      await stage('add', () => index.add(keys, base, 1));
    },
    async save(path) {
      index.save(path);
      return statSync(path).size;
    },
    async open(path, { d, metric }) {
      opened = { d, metric, path };
      index = make();
      index.load(path);
    },
    // the search width can only be given to the constructor
    configure({ ef }) {
      if (ef === opened.ef) return;
      opened.ef = ef;
      index = make(ef);
      index.load(opened.path);
    },
    searchSync: (x, k) => index.search(x, k, 1).keys,
    release() {
      index = undefined;
    },
  };
}
