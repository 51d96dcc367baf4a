// faiss-node as it is: plain arrays, calls that block, no search parameters but what the file says.
import { statSync } from 'node:fs';
import { load } from './load-peer.mjs';

const BLOCK = 10_000;

export async function create({ peer }) {
  const { Index, MetricType } = await load(peer, 'faiss-node');
  let index;
  return {
    about: { engine: 'faiss-node', version: peer.version },
    async build(base, { d, metric, factory }, stage) {
      const type = metric === 'ip' ? MetricType.METRIC_INNER_PRODUCT : MetricType.METRIC_L2;
      index = Index.fromFactory(d, factory, type);
      await stage('train', () => index.train(Array.from(base)));
      await stage('add', () => {
        for (let at = 0; at < base.length; at += BLOCK * d)
          index.add(Array.from(base.subarray(at, at + BLOCK * d)));
      });
    },
    async save(path) {
      index.write(path);
      return statSync(path).size;
    },
    async open(path) {
      index = Index.read(path);
    },
    configure() {},
    prepare: (x) => Array.from(x),
    searchSync: (x, k) => index.search(x, k).labels,
    release() {
      index = undefined;
    },
  };
}
