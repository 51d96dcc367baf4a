// Lutra's own engine, from the packages of a checkout.
import { statSync } from 'node:fs';

export async function create(
  { level, threads = 1, sketches },
  { formatFactory, indexFactory, readIndexFile, ts, writeIndexFile },
) {
  const backend = ts(level ? { level } : {});
  const { details } = await backend.probe();
  let index;
  let setting = {};
  const engine = {
    about: { engine: 'lutra', version: 'workspace', level: details?.level },
    async open(path) {
      index = await readIndexFile(path, { backends: [backend] });
    },
    describe: () => ({ factory: formatFactory(index.spec), ntotal: index.ntotal }),
    async build(base, { d, metric, factory, seed }, stage) {
      index = await indexFactory(factory, { d, metric, backends: [backend] });
      await stage('train', () => index.train(base, { seed, threads }));
      await stage('add', () => index.add(base, { threads }));
    },
    async save(path) {
      await writeIndexFile(path, index);
      return statSync(path).size;
    },
    configure({ ef, ...next }) {
      setting = { ...next, ...(ef !== undefined && { efSearch: ef }), ...(sketches && { sketches }) };
    },
    release() {
      index?.dispose();
      index = undefined;
    },
  };
  if (threads > 1) engine.search = async (x, k) => (await index.search(x, k, { ...setting, threads })).labels;
  else engine.searchSync = (x, k) => index.searchSync(x, k, setting).labels;
  return engine;
}
