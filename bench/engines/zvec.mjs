// zvec: a database of documents in a folder; HNSW.
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { load } from './load-peer.mjs';

const BLOCK = 1000;
const FIELD = 'x';

/** Bytes of all files below a folder. */
export const folderBytes = (folder) =>
  readdirSync(folder, { recursive: true })
    .map((name) => statSync(join(folder, name)))
    .reduce((sum, status) => sum + (status.isFile() ? status.size : 0), 0);

export async function create({ peer, m = 16, efConstruction = 200 }) {
  const zvec = await load(peer, '@zvec/zvec');
  zvec.ZVecInitialize({ queryThreads: 1, optimizeThreads: 1, logLevel: zvec.ZVecLogLevel.ERROR });
  const indexType = zvec.ZVecIndexType.HNSW;
  let collection;
  let params;
  return {
    about: { engine: 'zvec', version: peer.version },
    async build(base, { d, metric, path }, stage) {
      rmSync(path, { recursive: true, force: true });
      const metricType = metric === 'ip' ? zvec.ZVecMetricType.IP : zvec.ZVecMetricType.L2;
      const schema = new zvec.ZVecCollectionSchema({
        name: 'bench',
        vectors: {
          name: FIELD,
          dataType: zvec.ZVecDataType.VECTOR_FP32,
          dimension: d,
          indexParams: { indexType, metricType, m, efConstruction },
        },
      });
      collection = zvec.ZVecCreateAndOpen(path, schema);
      await stage('add', () => {
        const n = base.length / d;
        for (let start = 0; start < n; start += BLOCK) {
          const rows = Array.from({ length: Math.min(BLOCK, n - start) }, (_, i) => ({
            id: String(start + i),
            vectors: { [FIELD]: base.subarray((start + i) * d, (start + i + 1) * d) },
          }));
          collection.insertSync(rows);
        }
        collection.optimizeSync({ concurrency: 1 });
      });
    },
    async save(path) {
      collection.closeSync();
      collection = undefined;
      return folderBytes(path);
    },
    async open(path) {
      collection = zvec.ZVecOpen(path, { readOnly: true });
    },
    configure({ ef }) {
      params = { indexType, ef };
    },
    searchSync(x, k) {
      const query = { fieldName: FIELD, vector: x, topk: k, includeVector: false, outputFields: [], params };
      return collection.querySync(query).map(({ id }) => id);
    },
    release() {
      collection?.closeSync();
      collection = undefined;
    },
  };
}
