// LanceDB: a table on disk with its IVF_PQ index, refined by the vectors themselves.
import { rmSync } from 'node:fs';
import { load } from './load-peer.mjs';
import { folderBytes } from './zvec.mjs';

const BLOCK = 20_000;

export async function create({ peer, nlist = 512 }) {
  const lance = await load(peer, '@lancedb/lancedb');
  const { Field, FixedSizeList, Float32, Int32, Schema } = await load(peer, 'apache-arrow');
  let table;
  let setting;
  return {
    about: { engine: 'lancedb', version: peer.version },
    async build(base, { d, metric, path }, stage) {
      rmSync(path, { recursive: true, force: true });
      const connection = await lance.connect(path);
      const vector = new FixedSizeList(d, new Field('item', new Float32(), true));
      const schema = new Schema([new Field('id', new Int32()), new Field('vector', vector)]);
      table = await connection.createEmptyTable('bench', schema);
      await stage('add', async () => {
        const n = base.length / d;
        for (let start = 0; start < n; start += BLOCK) {
          const rows = Array.from({ length: Math.min(BLOCK, n - start) }, (_, i) => ({
            id: start + i,
            vector: Array.from(base.subarray((start + i) * d, (start + i + 1) * d)),
          }));
          await table.add(rows);
        }
        await table.optimize();
      });
      const distanceType = metric === 'ip' ? 'dot' : 'l2';
      const config = lance.Index.ivfPq({ numPartitions: nlist, numSubVectors: d / 4, distanceType });
      await stage('train', () => table.createIndex('vector', { config }));
    },
    save: async (path) => folderBytes(path),
    async open(path) {
      table = await (await lance.connect(path)).openTable('bench');
    },
    configure(next) {
      setting = next;
    },
    async search(x, k) {
      const { nprobe, kFactor } = setting;
      const query = table
        .vectorSearch(x)
        .nprobes(nprobe)
        .refineFactor(kFactor)
        .limit(k)
        .select(['id', '_distance']);
      const found = await query.toArray();
      return found.map(({ id }) => id);
    },
    release() {
      table?.close();
      table = undefined;
    },
  };
}
