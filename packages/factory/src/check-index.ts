import type { FactorySpec, FlatPanoramaSpec, HnswSpec, LshSpec, NsgSpec, TwoLayerSpec } from '@lutra/core';
import { bytesOf, pqFacts, quantizerFacts } from './check-quantizer.js';
import type { Facts, Place } from './facts.js';
import { MAX_ROWS_OF_STATISTIC, onlyMetrics, refuseAt, within } from './facts.js';
import { latticeFacts } from './lattice.js';

/** A 4-byte float or link. */
const WORD = 4;
/** HNSW keeps a level (4 bytes) and an offset into the links (8 bytes) for each vector. */
const HNSW_BOOKKEEPING = 12;

/** The facts of an index that holds no other, or undefined for one that does. */
export function leafFacts(place: Place, text: string, spec: FactorySpec): Facts | undefined {
  switch (spec.kind) {
    case 'Flat':
      return { kind: spec.kind, codeBytes: WORD * place.d };
    case 'FlatPanorama':
      return flatPanorama(place, text, spec);
    case 'Lsh':
      return lsh(place, text, spec);
    case 'Lattice':
      return latticeFacts(place, text, spec);
    case 'TwoLayer':
      return twoLayer(place, text, spec);
    case 'Hnsw':
      return hnsw(place, text, spec);
    case 'Nsg':
      return nsg(place, text, spec);
    default:
      return quantizerFacts(place, text, spec, false);
  }
}

/** A float vector and, for each level, the norm of what is left of it. */
export function panoramaBytes(place: Place, text: string, levels: number, batch: number | undefined): number {
  within(place, text, 'levels', levels, 1, place.d);
  if (batch !== undefined) within(place, text, 'batch', batch, 1);
  return WORD * (place.d + levels + 1);
}

function flatPanorama(place: Place, text: string, spec: FlatPanoramaSpec): Facts {
  onlyMetrics(place, text, [spec.metric], `this index computes ${spec.metric} only`);
  return { kind: spec.kind, codeBytes: panoramaBytes(place, text, spec.levels, spec.batch) };
}

function lsh(place: Place, text: string, spec: LshSpec): Facts {
  onlyMetrics(place, text, ['l2'], 'faiss builds this for l2 only');
  const nbits = spec.nbits ?? place.d;
  within(place, text, 'nbits', nbits, 1);
  if (!spec.rotate && nbits > place.d) {
    refuseAt(
      place,
      text,
      `nbits must be at most d ${place.d} without r, got ${nbits}`,
      `nbits up to ${place.d}`,
    );
  }
  const rows = spec.trainThresholds ? { minRows: 1, maxRows: MAX_ROWS_OF_STATISTIC } : {};
  return { kind: spec.kind, codeBytes: bytesOf(nbits), ...rows, note: 'distances are Hamming distances' };
}

type Coarse = TwoLayerSpec['coarse'];

/** Bits of a list number that faiss stores in at most 6 bytes. */
const MAX_LIST_BITS = 48;

function coarseOfTwoLayers(place: Place, text: string, coarse: Coarse): { nlist: number; centroids: number } {
  if (coarse.kind === 'Flat') {
    within(place, text, 'nlist', coarse.nlist, 1);
    return { nlist: coarse.nlist, centroids: coarse.nlist };
  }
  const { centroids = 0 } = pqFacts(place, text, coarse.M, coarse.nbits);
  within(place, text, 'bits of the list number', coarse.M * coarse.nbits, 1, MAX_LIST_BITS);
  return { nlist: centroids ** coarse.M, centroids };
}

/** The number of the list in whole bytes, and the product code of what is left. */
function twoLayerFacts(place: Place, text: string, coarse: Coarse, M: number, nbits: number): Facts {
  onlyMetrics(place, text, ['l2'], 'faiss computes this for l2 only');
  const { nlist, centroids } = coarseOfTwoLayers(place, text, coarse);
  const fine = pqFacts(place, text, M, nbits);
  const listBytes = Math.ceil(Math.log2(nlist) / 8);
  return {
    kind: 'TwoLayer',
    codeBytes: listBytes + (fine.codeBytes ?? 0),
    centroids: Math.max(centroids, fine.centroids ?? 0),
  };
}

function twoLayer(place: Place, text: string, spec: TwoLayerSpec): Facts {
  const facts = twoLayerFacts(place, text, spec.coarse, spec.M, spec.nbits);
  return { ...facts, note: 'a codec: faiss does not search it' };
}

/** faiss drops the metric of these storages and answers in l2 whatever was asked. */
const DROPS_METRIC = 'faiss builds this storage for l2 whatever the metric';

function storageFacts(place: Place, text: string, storage: HnswSpec['storage']): Facts {
  switch (storage.kind) {
    case 'Flat':
      return { kind: storage.kind, codeBytes: WORD * place.d };
    case 'FlatPanorama':
      onlyMetrics(place, text, ['l2'], 'faiss computes this for l2 only');
      return { kind: storage.kind, codeBytes: panoramaBytes(place, text, storage.levels, undefined) };
    case 'Pq':
      onlyMetrics(place, text, ['l2'], DROPS_METRIC);
      return pqFacts(place, text, storage.M, storage.nbits);
    case 'TwoLayer':
      if (storage.M === undefined) refuseAt(place, text, 'M is missing after +PQ', 'a number after +PQ');
      onlyMetrics(place, text, ['l2'], DROPS_METRIC);
      return twoLayerFacts(place, text, storage.coarse, storage.M as number, 8);
    default:
      return quantizerFacts(place, text, storage, false) as Facts;
  }
}

/** Links of level 0 and, of the one vector in M that is higher, of `M / (M - 1)` levels more. */
export function hnswLinkBytes(M: number): number {
  return Math.ceil(WORD * (2 * M + M / (M - 1)) + HNSW_BOOKKEEPING);
}

export function checkHnswM(place: Place, text: string, M: number): void {
  within(place, text, 'M', M, 2);
}

function hnsw(place: Place, text: string, spec: HnswSpec): Facts {
  checkHnswM(place, text, spec.M);
  return { ...storageFacts(place, text, spec.storage), kind: spec.kind, linkBytes: hnswLinkBytes(spec.M) };
}

/** With one link a vector the graph is a chain at best, which faiss's builder does not get connected. */
const MIN_NSG_R = 2;

export function checkNsgR(place: Place, text: string, R: number): void {
  within(place, text, 'R', R, MIN_NSG_R);
}

function nsg(place: Place, text: string, spec: NsgSpec): Facts {
  checkNsgR(place, text, spec.R);
  const note = 'takes all vectors at once, more than 100';
  return { ...storageFacts(place, text, spec.storage), kind: spec.kind, linkBytes: WORD * spec.R, note };
}

/** Whether faiss's k-means can use this coarse quantizer itself: it is exact. */
export function isFlatFamily(spec: FactorySpec): boolean {
  return spec.kind === 'Flat' || spec.kind === 'FlatPanorama';
}
