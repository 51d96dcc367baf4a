import type { FlatData, IndexData, IndexHeader, IvfFields, Metric } from '@lutra/core';
import { encode, partitionOf } from './codes.js';
import type { Layout } from './layout.js';
import type { Model } from './model.js';

/** The state of an index, as far as a file keeps it. */
export interface State {
  readonly d: number;
  readonly metric: Metric;
  readonly layout: Layout;
  /** Undefined before training. */
  readonly model: Model | undefined;
  /** `(ntotal)` and `(ntotal, d)`. */
  readonly ids: Float64Array;
  readonly x: Float32Array;
  readonly nprobe: number;
  readonly kFactor: number;
}

// #region data
/**
 * The index as faiss would hold it. LanceDB sorts a vector into the partition of its nearest centroid and codes it by its
 * nearest codewords, as faiss does, so both are found again from the vectors.
 */
export function exportData(state: State): IndexData {
  const { layout, kFactor } = state;
  const base = ivfData(state);
  if (!layout.refine) return base;
  const refine: FlatData = { kind: 'Flat', ...headerOf(state), isTrained: true, vectors: inOrder(state) };
  return { kind: 'Refine', ...headerOf(state), base, refine, kFactor: Math.fround(kFactor) };
}

function ivfData(state: State): IndexData {
  const { d, layout, model } = state;
  const { nlist, M } = layout;
  const quantizer: FlatData = {
    kind: 'Flat',
    ...headerOf(state),
    ntotal: model ? nlist : 0,
    isTrained: true,
    vectors: model?.centroids ?? new Float32Array(0),
  };
  const codeSize = M ?? d * 4;
  const invlists = { kind: 'array', nlist, codeSize, ...listsOf(state, codeSize) } as const;
  const { nprobe } = state;
  const fields: IvfFields = { nlist, nprobe, quantizer, directMap: { kind: 'none' }, invlists };
  if (M === undefined) return { kind: 'IvfFlat', ...headerOf(state), ...fields };
  const centroids = model?.codebook ?? new Float32Array(256 * d);
  const pq = { d, M, nbits: 8, centroids };
  return { kind: 'IvfPq', ...headerOf(state), ...fields, byResidual: true, codeSize, pq };
}
// #endregion

function headerOf({ d, metric, model, ids }: State): IndexHeader {
  return { d, ntotal: ids.length, isTrained: model !== undefined, metric, metricArg: 0 };
}

/** Ids and codes of every list. */
function listsOf(state: State, codeSize: number): { ids: Float64Array[]; codes: Uint8Array[] } {
  const { d, metric, layout, model, x } = state;
  const lists = Array.from({ length: layout.nlist }, () => ({
    ids: [] as number[],
    codes: [] as Uint8Array[],
  }));
  state.ids.forEach((id, row) => {
    const vector = x.subarray(row * d, (row + 1) * d);
    const list = partitionOf(vector, model!, metric);
    lists[list]!.ids.push(id);
    lists[list]!.codes.push(
      layout.M === undefined
        ? new Uint8Array(vector.buffer, vector.byteOffset, vector.byteLength)
        : encode(vector, list, model!, layout.M),
    );
  });
  return {
    ids: lists.map(({ ids }) => Float64Array.from(ids)),
    codes: lists.map(({ codes }) => joined(codes, codeSize)),
  };
}

function joined(codes: readonly Uint8Array[], codeSize: number): Uint8Array {
  const out = new Uint8Array(codes.length * codeSize);
  codes.forEach((code, i) => {
    out.set(code, i * codeSize);
  });
  return out;
}

/** Vectors by their number: with RFlat, id `i` is the i-th. */
function inOrder({ d, ids, x }: State): Float32Array {
  const out = new Float32Array(x.length);
  ids.forEach((id, row) => {
    out.set(x.subarray(row * d, (row + 1) * d), id * d);
  });
  return out;
}
