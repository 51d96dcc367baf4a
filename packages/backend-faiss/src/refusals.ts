import { type Ability, type FactorySpec, type IndexData, isLutraError, type Metric } from '@lutra/core';
import { formatFactory, specFromData, specKinds } from '@lutra/factory';
import { hasEntries } from './data/served.js';

/** Metrics of the faiss that faiss-node links which are served here. */
export const METRICS: readonly Metric[] = ['l2', 'ip'];

/** Kinds that faiss 1.7.3 and 1.7.4 build, and whose files `@lutra/faiss-format` reads. */
export const KINDS: readonly string[] = [
  ...['Flat', 'Pq', 'PqFastScan', 'Ivf', 'Hnsw', 'RefineFlat', 'Refine', 'IdMap', 'IdMap2', 'PreTransform'],
  ...['Pca', 'L2Norm', 'RandomRotation', 'Itq', 'Opq', 'Pad'],
];

/** Whether rows are linked to a graph, which grows by the order in which they come. */
export const linksRows = (spec: FactorySpec): boolean => specKinds(spec).includes('Hnsw');

/** Why `spec` cannot be built, or undefined. */
export function refusesSpec(spec: FactorySpec, metric: Metric): string | undefined {
  if (!METRICS.includes(metric)) return `metric ${metric} is not run`;
  const missing = specKinds(spec).filter((kind) => !KINDS.includes(kind));
  if (missing.length > 0) return `${missing.join(', ')} is not run`;
  return refusesIdMaps(nativeSpec(spec)) ?? refusesGraph(spec) ?? refusesText(spec, metric);
}

/** Why a graph cannot be where it is, or what an IVF is over: graphs are served over vectors as they are, and not inside of others. */
function refusesGraph(spec: FactorySpec): string | undefined {
  switch (spec.kind) {
    case 'Hnsw':
      return spec.storage.kind === 'Flat' ? undefined : `HNSW over ${spec.storage.kind} is not run`;
    case 'Ivf':
      if (spec.codec.kind === 'Pq' && spec.codec.nbits > 8) {
        return `an IVF with product codes of ${spec.codec.nbits} bits is not run: faiss 1.7 has them up to 8`;
      }
      return spec.coarse.kind === 'Flat' ? undefined : `an IVF over ${spec.coarse.kind} centroids is not run`;
    case 'Refine':
      return specKinds(spec.refine).includes('Hnsw')
        ? 'refinement by HNSW is not run'
        : refusesGraph(spec.base);
    case 'IdMap':
    case 'IdMap2':
    case 'RefineFlat':
    case 'PreTransform':
      return refusesGraph(spec.base);
    default:
      return undefined;
  }
}

/** Why the string that faiss would get cannot be, or is one that faiss 1.7 builds and ends the process with at a search. */
function refusesText(spec: FactorySpec, metric: Metric): string | undefined {
  try {
    const text = formatFactory(spec);
    if (metric === 'ip' && text.includes('x4fsr')) {
      return 'x4fsr by ip is not run: faiss 1.7.3 gives infinite distances for it';
    }
    const blocks = /x4fsr?_\d+/.exec(text)?.[0];
    return blocks && `${blocks} is not run: faiss 1.7 searches blocks of 32 vectors only`;
  } catch (e) {
    if (isLutraError(e)) return `${e.message}: faiss builds from a factory string`;
    throw e;
  }
}

/** `spec` without its id map: ids are kept on this side, for faiss-node has no call that takes them. */
export function nativeSpec(spec: FactorySpec): FactorySpec {
  if (spec.kind === 'IdMap' || spec.kind === 'IdMap2') return spec.base;
  return spec.kind === 'PreTransform' ? ({ ...spec, base: nativeSpec(spec.base) } as FactorySpec) : spec;
}

/**
 * `spec` with `np` on every product quantizer. What polysemous training adds is an order of the centroids that only a search
 * by Hamming distances profits from, which no interface here offers; it takes a hundred times as long as the rest.
 */
export function withoutPolysemous(spec: FactorySpec): FactorySpec {
  switch (spec.kind) {
    case 'Pq':
      return { ...spec, polysemous: false };
    case 'Ivf':
      return spec.codec.kind === 'Pq' ? { ...spec, codec: { ...spec.codec, polysemous: false } } : spec;
    case 'Refine':
      return { ...spec, base: withoutPolysemous(spec.base), refine: withoutPolysemous(spec.refine) };
    case 'RefineFlat':
    case 'PreTransform':
      return { ...spec, base: withoutPolysemous(spec.base) } as FactorySpec;
    default:
      return spec;
  }
}

function refusesIdMaps(spec: FactorySpec): string | undefined {
  const deep = specKinds(spec).find((kind) => kind.startsWith('IdMap'));
  return deep && `${deep} inside of another index is not run`;
}

/** Why the index in `data` cannot be served, or undefined. */
export function refusesIndexData(data: IndexData): string | undefined {
  let spec: FactorySpec;
  try {
    spec = specFromData(data);
  } catch (e) {
    if (isLutraError(e, 'UNSUPPORTED')) return `${e.details.feature} is not run: no factory string builds it`;
    throw e;
  }
  return refusesSpec(spec, data.metric) ?? refusesPart(data);
}

function refusesPart(data: IndexData): string | undefined {
  if (!METRICS.includes(data.metric)) return `metric ${data.metric} is not run`;
  switch (data.kind) {
    case 'Flat':
      return data.more ? 'Flat whose vectors are in several places is not run' : undefined;
    case 'Refine':
      return refusesBelow(data, data.base) ?? refusesBelow(data, data.refine);
    case 'IdMap':
    case 'IdMap2':
    case 'PreTransform':
      return refusesBelow(data, data.base);
    case 'HnswFlat':
      return data.storage ? refusesBelow(data, data.storage) : 'HNSW without its vectors is not run';
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      if (!hasEntries(data.invlists)) return `an IVF with ${data.invlists.kind} inverted lists is not run`;
      return refusesBelow(data, data.quantizer);
    default:
      return undefined;
  }
}

function refusesBelow(data: IndexData, part: IndexData): string | undefined {
  const why = refusesPart(part);
  if (why !== undefined || part.metric === data.metric) return why;
  return `${data.kind} by ${data.metric} over ${part.kind} by ${part.metric} is not run`;
}

/**
 * What an index built from `spec` goes without, of what the backend claims: there is no way back through some transforms, and
 * nodes neither leave a graph nor come from another.
 */
export function lacks(spec: FactorySpec): readonly Ability[] {
  switch (spec.kind) {
    case 'PreTransform': {
      const oneWay = spec.transforms.some((t) => t.kind === 'Itq' || (t.kind === 'Pca' && t.whiten));
      const base = lacks(spec.base);
      return oneWay ? ['reconstruct', ...base.filter((ability) => ability !== 'reconstruct')] : base;
    }
    case 'Hnsw':
      return ['removeIds', 'mergeFrom'];
    case 'RefineFlat':
      return lacks(spec.base).filter((ability) => ability !== 'reconstruct');
    case 'Refine': {
      const base = lacks(spec.base).filter((ability) => ability !== 'reconstruct');
      return [...base, ...lacks(spec.refine)];
    }
    case 'IdMap':
    case 'IdMap2':
      return lacks(spec.base);
    default:
      return [];
  }
}
