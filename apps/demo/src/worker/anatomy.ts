/*
 * The parts of an index, as indexes of their own: which lists a query goes to, and what its codes find before they are
 * refined, are answered by searching these, so that what the page shows is what the engine does.
 */
import type { Backend, IndexData, IvfFields, PreTransformData, VectorIndex } from '@lutra/core';
import { loadIndex } from 'lutra';

type IvfData = Extract<IndexData, IvfFields>;

export interface Anatomy {
  /** The index over the centroids, behind the transforms that come first; undefined without lists. */
  readonly coarse: VectorIndex | undefined;
  /** What a refinement refines; undefined where nothing is refined. */
  readonly base: VectorIndex | undefined;
  /** Labels of each list. */
  readonly lists: readonly Float64Array[] | undefined;
  /** `(nlist, d)`, undefined where a transform puts them elsewhere than the rows. */
  readonly centroids: Float32Array | undefined;
  dispose(): void;
}

/** Takes the index of `data` apart. */
export async function anatomyOf(data: IndexData, backend: Backend): Promise<Anatomy> {
  const ivf = ivfOf(data);
  const coarseData = ivf && coarseOf(data);
  const options = { backends: [backend] };
  const coarse = coarseData && (await loadIndex(coarseData, options));
  const baseData = baseOf(data);
  const base = baseData && (await loadIndex(baseData, options));
  return {
    ...{
      coarse,
      base,
      lists: ivf && listsOf(data, ivf),
      centroids: ivf && (await centroidsOf(data, ivf, backend)),
    },
    dispose() {
      coarse?.dispose();
      base?.dispose();
    },
  };
}

function baseOf(data: IndexData): IndexData | undefined {
  if (data.kind === 'IdMap' || data.kind === 'IdMap2') {
    const base = baseOf(data.base as IndexData);
    return base && ({ ...data, base } as IndexData);
  }
  return data.kind === 'Refine' ? data.base : undefined;
}

/** The IVF at whatever depth it is. */
export function ivfOf(data: IndexData): IvfData | undefined {
  if ('invlists' in data && 'quantizer' in data) return data as IvfData;
  return 'base' in data ? ivfOf(data.base as IndexData) : undefined;
}

/** The same index with the quantizer in the place of the IVF, and only what changes vectors around it. */
function coarseOf(data: IndexData): IndexData | undefined {
  if ('invlists' in data && 'quantizer' in data) return (data as IvfData).quantizer;
  if (!('base' in data)) return undefined;
  const base = coarseOf(data.base as IndexData);
  if (base === undefined || data.kind !== 'PreTransform') return base;
  return { ...data, base, ntotal: base.ntotal } as PreTransformData;
}

/** The labels in each list; behind an id map the lists hold places in it. */
function listsOf(data: IndexData, { invlists }: IvfData): readonly Float64Array[] | undefined {
  if (!('ids' in invlists)) return undefined;
  if (data.kind !== 'IdMap' && data.kind !== 'IdMap2') return invlists.ids;
  return invlists.ids.map((places) => places.map((place) => data.ids[place]!));
}

/** Whether nothing but a division by the length stands before the lists. */
function keepsPlace(data: IndexData): boolean {
  if (data.kind === 'PreTransform' && data.transforms.some((t) => t.kind !== 'Normalization')) return false;
  return 'base' in data ? keepsPlace(data.base as IndexData) : true;
}

async function centroidsOf(
  data: IndexData,
  ivf: IvfData,
  backend: Backend,
): Promise<Float32Array | undefined> {
  if (!keepsPlace(data)) return undefined;
  const { quantizer } = ivf;
  if (quantizer.kind === 'Flat') return quantizer.vectors.slice();
  const index = await loadIndex(quantizer, { backends: [backend] });
  try {
    return await index.reconstruct(Array.from({ length: ivf.nlist }, (_, i) => i));
  } finally {
    index.dispose();
  }
}
