// @lutra/backend-faiss as it is built: faiss-node behind Lutra's interface, in a process of its own.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export async function create({ peer, dist }, { formatFactory, indexFactory, readIndexFile, writeIndexFile }) {
  const { faiss } = await import(pathToFileURL(dist));
  const backends = [faiss({ module: join(peer.folder, 'node_modules/faiss-node'), threads: 1 })];
  const { ok, reason } = await backends[0].probe();
  if (!ok) throw new Error(reason);
  let index;
  let setting;
  return {
    about: { engine: '@lutra/backend-faiss', version: 'workspace' },
    async build(base, { d, metric, factory, seed }, stage) {
      index = await indexFactory(factory, { d, metric, backends });
      await stage('train', () => index.train(base, { seed }));
      await stage('add', () => index.add(base));
    },
    async save(path) {
      await writeIndexFile(path, index);
      return statSync(path).size;
    },
    async open(path) {
      index = await readIndexFile(path, { backends });
    },
    describe: () => ({ factory: formatFactory(index.spec), ntotal: index.ntotal }),
    configure(next) {
      setting = next;
    },
    search: async (x, k) => (await index.search(x, k, setting)).labels,
    release() {
      index?.dispose();
      index = undefined;
    },
  };
}
