import {
  type DirectMapData,
  type FactorySpec,
  type IdMapData,
  type IndexData,
  type InvertedListsData,
  LutraError,
  type PreTransformData,
} from '@lutra/core';
import { directMapOf } from './places.js';
import { hasEntries, type IvfData, isIvf } from './served.js';

/**
 * An index as the native side holds it: without id maps, and with the ids of an IVF counting from 0 in the order of
 * addition. The caller's ids lie beside it.
 */
export interface Bare {
  readonly data: IndexData;
  /** The caller's id of each position, `(ntotal)`; undefined where that is the position. */
  readonly ids: Float64Array | undefined;
  /** What {@link dress} puts back. */
  readonly dress: Dress;
}

/** What the bare form leaves out. */
export interface Dress {
  readonly idMap: 'IdMap' | 'IdMap2' | undefined;
  /** How many transform chains are around the id map. */
  readonly depth: number;
  readonly directMap: DirectMapData['kind'];
}

/** Takes off the id map and the caller's ids; arrays are shared as far as they stay. */
export function undress(data: IndexData): Bare {
  return undressAt(data, 0);
}

function undressAt(data: IndexData, depth: number): Bare {
  switch (data.kind) {
    case 'PreTransform': {
      const inner = undressAt(data.base, depth + 1);
      return { ...inner, data: { ...data, ntotal: inner.data.ntotal, base: inner.data } };
    }
    case 'IdMap':
    case 'IdMap2': {
      const inner = undressAt(data.base, depth);
      const outer = data.ids;
      const own = inner.ids ? inner.ids.map((at) => outer[at]!) : outer.slice();
      const ids = isCount(own) ? undefined : own;
      return { data: inner.data, ids, dress: { idMap: data.kind, depth, directMap: inner.dress.directMap } };
    }
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return undressIvf(data, depth);
    default:
      return { data, ids: undefined, dress: { idMap: undefined, depth: 0, directMap: 'none' } };
  }
}

function undressIvf(ivf: IvfData, depth: number): Bare {
  const dress: Dress = { idMap: undefined, depth, directMap: ivf.directMap.kind };
  const lists = ivf.invlists;
  // vectors of NaN are counted by faiss and held by no list: what is there counts
  const ntotal = held(ivf);
  const data: IvfData = { ...ivf, ntotal, directMap: { kind: 'none' } };
  if (!hasEntries(lists) || arePositions(lists.ids, ntotal)) return { data, ids: undefined, dress };
  const ids = new Float64Array(ntotal);
  let at = 0;
  const counted = lists.ids.map((own) => {
    ids.set(own, at);
    at += own.length;
    return Float64Array.from(own, (_, i) => at - own.length + i);
  });
  return { data: { ...data, invlists: { ...lists, ids: counted } } as IndexData, ids, dress };
}

/** How many vectors the lists of an IVF hold. */
function held({ invlists, ntotal }: IvfData): number {
  return !hasEntries(invlists) ? ntotal : invlists.ids.reduce((sum, ids) => sum + ids.length, 0);
}

/** Whether the ids of the lists are 0 to `ntotal` - 1, each once. */
function arePositions(lists: readonly Float64Array[], ntotal: number): boolean {
  const seen = new Uint8Array(ntotal);
  for (const ids of lists) {
    for (const id of ids) {
      if (!(id >= 0 && id < ntotal) || seen[id] === 1) return false;
      seen[id] = 1;
    }
  }
  return true;
}

/** Whether ids are 0, 1, 2, … */
function isCount(ids: Float64Array): boolean {
  return ids.every((id, i) => id === i);
}

/** The index with its id map, or its IVF, under the caller's ids. */
export function dressed(data: IndexData, ids: Float64Array | undefined, dress: Dress): IndexData {
  return dressAt(data, ids, dress, 0);
}

function dressAt(data: IndexData, ids: Float64Array | undefined, dress: Dress, depth: number): IndexData {
  if (dress.idMap && depth === dress.depth) return idMap(data, ids, dress.idMap, dress.directMap);
  if (data.kind === 'PreTransform') {
    const chain: PreTransformData = { ...data, base: dressAt(data.base, ids, dress, depth + 1) };
    return chain;
  }
  return isIvf(data) ? withIds(data, ids, dress.directMap) : data;
}

function idMap(
  base: IndexData,
  ids: Float64Array | undefined,
  kind: IdMapData['kind'],
  directMap: DirectMapData['kind'],
): IdMapData {
  const { d, ntotal, isTrained, metric } = base;
  const own = ids ?? Float64Array.from({ length: ntotal }, (_, i) => i);
  const inner = isIvf(base) ? withIds(base, undefined, directMap) : base;
  return { kind, d, ntotal, isTrained, metric, metricArg: 0, base: inner, ids: own };
}

function withIds(ivf: IvfData, ids: Float64Array | undefined, kind: DirectMapData['kind']): IndexData {
  const lists = ivf.invlists;
  const invlists: InvertedListsData =
    !hasEntries(lists) || ids === undefined
      ? lists
      : { ...lists, ids: lists.ids.map((own) => own.map((at) => ids[at]!)) };
  return { ...ivf, invlists, directMap: directMapOf(invlists, ivf.ntotal, kind) } as IndexData;
}

/** Whether the caller's ids can be kept: an IVF or an id map at the front, behind transforms at most. */
export function keepsIds(spec: FactorySpec): boolean {
  if (spec.kind === 'IdMap' || spec.kind === 'IdMap2' || spec.kind === 'Ivf') return true;
  return spec.kind === 'PreTransform' && keepsIds(spec.base);
}

/** Throws `FORMAT` unless every part holds as many vectors as what is around it, of the dimensions that reach it. */
export function assertWhole(data: IndexData): void {
  if (data.kind === 'Refine') {
    assertPart(data, 'base', data.base, data.d);
    assertPart(data, 'refine', data.refine, data.d);
  } else if (data.kind === 'PreTransform') {
    assertPart(data, 'base', data.base, data.transforms.at(-1)?.dOut ?? data.d);
  } else if ('base' in data) {
    assertPart(data, 'base', data.base, data.d);
  }
}

function assertPart(around: IndexData, field: string, part: IndexData, d: number): void {
  if (part.ntotal !== around.ntotal || part.d !== d) {
    const message = `${around.kind}: its ${field} has ${part.ntotal} vectors of ${part.d} dimensions, wanted ${around.ntotal} of ${d}`;
    throw new LutraError('FORMAT', message, { format: 'faiss', field });
  }
  // positions of what is around it are ids of the IVF: none may be without a vector
  if (around.kind !== 'PreTransform' && isIvf(part) && held(part) !== part.ntotal) {
    const message = `${around.kind}: its ${field} counts ${part.ntotal} vectors and holds ${held(part)}`;
    throw new LutraError('FORMAT', message, { format: 'faiss', field });
  }
  assertWhole(part);
}
