import type { HnswSpec, NsgSpec } from '@lutra/core';
import { parsePqTail, parseSq } from './parse-quantizer.js';
import type { Scanner } from './scanner.js';

/** faiss's number of links where the string has none: M of HNSW, R of NSG. */
export const DEFAULT_LINKS = 32;

/** faiss's number of Panorama levels where the string has none. */
export const DEFAULT_LEVELS = 8;

/** What follows `HNSW`: `[M]` and, after a comma or `_`, what the graph's nodes hold. */
export function parseHnsw(sc: Scanner): HnswSpec {
  const M = sc.optionalInt('M') ?? DEFAULT_LINKS;
  return { kind: 'Hnsw', M, storage: atStorage(sc) ? hnswStorage(sc) : { kind: 'Flat' } };
}

/** What follows `NSG`. */
export function parseNsg(sc: Scanner): NsgSpec {
  const R = sc.optionalInt('R') ?? DEFAULT_LINKS;
  return { kind: 'Nsg', R, storage: atStorage(sc) ? nsgStorage(sc) : { kind: 'Flat' } };
}

/** An empty storage is faiss's way to say Flat too. */
function atStorage(sc: Scanner): boolean {
  return (sc.take(',', '","') || sc.take('_')) && !sc.done;
}

function nsgStorage(sc: Scanner): NsgSpec['storage'] {
  if (sc.take('Flat')) return { kind: 'Flat' };
  if (sc.take('PQ', 'PQ<M>')) return parsePqTail(sc, sc.int('M'));
  if (sc.take('SQ', 'SQ8')) return parseSq(sc);
  return sc.fail('expected a storage');
}

function hnswStorage(sc: Scanner): HnswSpec['storage'] {
  if (sc.take('FlatPanorama')) {
    return { kind: 'FlatPanorama', levels: sc.optionalInt('levels') ?? DEFAULT_LEVELS };
  }
  if (sc.take('2x', '2x<nbits>+PQ<M>')) {
    const coarse = { kind: 'MultiIndex', M: 2, nbits: sc.int('nbits') } as const;
    return twoLayer(sc, coarse);
  }
  const nlist = sc.optionalInt('nlist');
  return nlist === undefined ? nsgStorage(sc) : twoLayer(sc, { kind: 'Flat', nlist });
}

type TwoLayerStorage = Extract<HnswSpec['storage'], { kind: 'TwoLayer' }>;

function twoLayer(sc: Scanner, coarse: TwoLayerStorage['coarse']): TwoLayerStorage {
  sc.expect('+PQ');
  const M = sc.optionalInt('M');
  return { kind: 'TwoLayer', coarse, ...(M !== undefined && { M }) };
}
