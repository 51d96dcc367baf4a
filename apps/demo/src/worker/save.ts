import { encodeChunks } from '@lutra/faiss-format';
import { encodeNpy } from '@lutra/npy';
import type { Download, Parameters } from '../protocol.js';
import type { Session } from './session.js';

/** The index as a faiss file, with the search parameters that the page shows. */
export function saveIndex(session: Session, parameters: Parameters): Download {
  const { index } = session.built;
  index.setParameters(parameters);
  const pieces: Blob[] = [];
  // a Blob takes no views of shared memory; copied piece by piece the file is never held twice
  for (const chunk of encodeChunks(index.toData())) pieces.push(new Blob([chunk.slice()]));
  return { name: `${session.dataset.info.name}.index`, blob: new Blob(pieces) };
}

/** The rows of the set, float32. */
export function saveVectors(session: Session): Download {
  const { rows, info } = session.dataset;
  const bytes = encodeNpy({ shape: [info.n, info.d], data: rows });
  return { name: `${info.name}.npy`, blob: new Blob([bytes]) };
}
