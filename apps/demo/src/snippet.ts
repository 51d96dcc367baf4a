import type { DatasetInfo, IndexInfo, Parameters } from './protocol.js';

/** Where the code of {@link snippetOf} reads its vectors from: what the page downloads. */
export function vectorsFile({ name }: DatasetInfo): string {
  return `${name}.npy`;
}

/** TypeScript that makes the index of the page from the downloaded vectors, with the same bytes. */
export function snippetOf(set: DatasetInfo, info: IndexInfo, parameters: Parameters): string {
  const metric = info.metric === 'cosine' && info.factory.startsWith('L2norm,') ? 'ip' : info.metric;
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return `import { openNpyFile } from '@lutra/npy/node';
import { indexFactory } from 'lutra';
import { writeIndexFile } from 'lutra/node';

const vectors = await openNpyFile(${quoted(vectorsFile(set))}); // (${info.ntotal}, ${info.d}) float32
const index = await indexFactory(${quoted(info.factory)}, { d: ${info.d}, metric: ${quoted(metric)} });
await index.train(vectors, { seed: 1234 });
await index.add(vectors);
index.setParameters(${objectText(parameters)});
await writeIndexFile(${quoted(`${set.name}.index`)}, index);
`;
}

function objectText(parameters: Parameters): string {
  const fields = Object.entries(parameters).map(([name, value]) => `${name}: ${value}`);
  return fields.length === 0 ? '{}' : `{ ${fields.join(', ')} }`;
}

/** Python that opens the downloaded file. */
export function pythonOf(set: DatasetInfo): string {
  return `import faiss, numpy
index = faiss.read_index("${set.name}.index")
distances, labels = index.search(numpy.load("${vectorsFile(set)}")[:5], 10)
`;
}
