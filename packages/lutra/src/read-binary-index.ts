import { type Backend, type BinaryIndex, type IndexData, isBinaryIndexData, LutraError } from '@lutra/core';
import { classNameOf } from '@lutra/faiss-format';
import { chooseBackend, defaultBackends } from './backend-choice.js';
import { type IndexSource, type LoadIndexOptions, readData } from './read-index.js';

/**
 * A binary index in the state of `data`, whose arrays are copied.
 * @throws LutraError `ARGUMENT` for data of an index that is not binary, `UNSUPPORTED` or `BACKEND` when no backend takes
 *   it, with every backend's reason
 */
export async function loadBinaryIndex(data: IndexData, options: LoadIndexOptions = {}): Promise<BinaryIndex> {
  if (!isBinaryIndexData(data)) {
    const found = classNameOf(data);
    throw new LutraError('ARGUMENT', `wanted a binary index, found ${found}, which readIndex is for`, {
      argument: 'data',
      value: data.kind,
      expected: 'a binary index',
    });
  }
  const refuses = ({ binary }: Backend): string | undefined =>
    binary ? binary.refusesData(data) : 'has no binary indexes';
  const backends = options.backends ?? (await defaultBackends());
  const feature = `a stored ${data.kind} index of ${data.d} bits`;
  const { backend, refusals } = await chooseBackend(backends, refuses, feature);
  return backend.binary!.load(data, { refusals });
}

/**
 * A binary index from the bytes of a file of `faiss.write_index_binary`.
 * @throws LutraError `FORMAT` for bytes that are no faiss index, `ARGUMENT` for an index that is not binary, `UNSUPPORTED`
 *   for an index class that is not read or served here, `CAPACITY` for ids beyond 2^53
 */
export async function readBinaryIndex(
  source: IndexSource,
  options: LoadIndexOptions = {},
): Promise<BinaryIndex> {
  return loadBinaryIndex(await readData(source, {}), options);
}
