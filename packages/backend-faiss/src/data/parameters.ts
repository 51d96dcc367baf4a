import type { FactorySpec, IndexData, StoredParameters } from '@lutra/core';

/** faiss's values of the parameters that an index built by `spec` has; those of a refinement's refining half are not reached. */
export function parametersOfSpec(spec: FactorySpec): StoredParameters {
  switch (spec.kind) {
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return parametersOfSpec(spec.base);
    case 'RefineFlat':
    case 'Refine':
      return { ...parametersOfSpec(spec.base), kFactor: 1 };
    case 'Ivf':
      return { nprobe: 1 };
    case 'Hnsw':
      return { efSearch: 16 };
    default:
      return {};
  }
}

/** The parameters that `data` stores. */
export function parametersOfData(data: IndexData): StoredParameters {
  switch (data.kind) {
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return parametersOfData(data.base);
    case 'Refine':
      return { ...parametersOfData(data.base), kFactor: data.kFactor };
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return { nprobe: data.nprobe };
    case 'HnswFlat':
      return { efSearch: data.hnsw.efSearch };
    default:
      return {};
  }
}

/** `data` with other parameters where it stores them; arrays are shared. */
export function withParameters(data: IndexData, parameters: StoredParameters): IndexData {
  const { nprobe, kFactor, efSearch } = parameters;
  switch (data.kind) {
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return { ...data, base: withParameters(data.base, parameters) };
    case 'Refine': {
      const base = withParameters(data.base, { ...parameters, kFactor: undefined } as StoredParameters);
      return { ...data, base, kFactor: kFactor === undefined ? data.kFactor : Math.fround(kFactor) };
    }
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return { ...data, nprobe: nprobe ?? data.nprobe };
    case 'HnswFlat':
      return { ...data, hnsw: { ...data.hnsw, efSearch: efSearch ?? data.hnsw.efSearch } };
    default:
      return data;
  }
}
