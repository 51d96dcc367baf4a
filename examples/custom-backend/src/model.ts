import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { bytesField, floatsOf, globalBuffers } from './lance-file.js';
import type { Layout } from './layout.js';

/** What training has learned. */
export interface Model {
  readonly d: number;
  /** `(nlist, d)`. */
  readonly centroids: Float32Array;
  /** `(M, 256, d / M)`, where vectors are coded. */
  readonly codebook: Float32Array | undefined;
}

/** Fields of LanceDB's protobuf messages: centroids in `IVF`, data in `Tensor`. */
const [CENTROIDS, DATA] = [4, 3];

// #region model
/**
 * The centroids and codebook of the index in `folder`, from the files where LanceDB keeps them. Checked against LanceDB
 * 0.22.2, which writes version 3 of its vector index: one folder an index, `index.idx` with the partitions and
 * `auxiliary.idx` with the codes.
 * @throws Error for files of another make; whoever calls wraps it
 */
export function readModel(folder: string, { d, nlist, M }: { d: number } & Layout): Model {
  const [newest] = readdirSync(folder)
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (newest === undefined) throw new Error(`no index in ${folder}`);
  const [, ivf] = globalBuffers(readFileSync(join(newest, 'index.idx')));
  const centroids = floatsOf(bytesField(bytesField(ivf, CENTROIDS), DATA), nlist * d);
  if (M === undefined) return { d, centroids, codebook: undefined };
  const [, , pq] = globalBuffers(readFileSync(join(newest, 'auxiliary.idx')));
  return { d, centroids, codebook: floatsOf(bytesField(pq, DATA), 256 * d) };
}
// #endregion
