import type { CodecSpec, FactorySpec, HnswSpec, IvfSpec, TransformSpec } from '@lutra/core';
import { pqMeaning, quantizerMeaning } from './quantizer-meaning.js';

/** What the tokens around an index do. */
export const WRAPPER_MEANINGS: Readonly<
  Record<
    'IdMap' | 'IdMap2' | 'RefineFlat' | 'Refine' | 'RefinePanorama' | 'RowwiseMinMax' | 'RowwiseMinMaxFp16',
    string
  >
> = {
  IdMap: 'keeps an id of your own for each vector, where the index counts from 0',
  IdMap2: 'keeps an id of your own for each vector, and finds a vector by its id',
  RefineFlat: 'keeps the vectors as they are and ranks the best k · kFactor again by them',
  Refine: 'ranks the best k · kFactor again by the index in parentheses',
  RefinePanorama: 'ranks the best k · kFactor again, level by level, and stops where a candidate is out',
  RowwiseMinMax: 'scales each vector by its own smallest value and range, kept in 8 bytes',
  RowwiseMinMaxFp16: 'scales each vector by its own smallest value and range, kept in 4 bytes',
};

/** What a transform does to a vector of `d` dimensions. */
export function transformMeaning(t: TransformSpec, d: number): string {
  switch (t.kind) {
    case 'Pca': {
      const whiten = t.whiten ? ', scaled to equal variance' : '';
      return `projects to the ${t.dOut} directions of the largest variance${whiten}${t.rotate ? ', then rotates at random' : ''}`;
    }
    case 'L2Norm':
      return 'scales each vector to length one, so that inner products are cosines';
    case 'RandomRotation':
      return `rotates at random${t.dOut === undefined || t.dOut === d ? '' : ` to ${t.dOut} dimensions`}`;
    case 'HadamardRotation':
      return `rotates fast, by signs and Hadamard transforms, padded to ${2 ** Math.ceil(Math.log2(d))} dimensions${t.seed === undefined ? '' : `; ${t.seed} is the seed`}`;
    case 'Itq':
      return `${t.dOut === undefined ? '' : `projects to ${t.dOut} dimensions, then `}rotates so that signs tell most`;
    case 'Opq':
      return `rotates${t.dOut === undefined || t.dOut === d ? '' : ` to ${t.dOut} dimensions`} so that a product quantizer of ${t.M} parts loses least`;
    default:
      return `adds zeros up to ${Math.max(t.dOut, d)} dimensions`;
  }
}

/** What stands before the comma of an IVF: the lists, and how the nearest are found. */
export function coarseMeaning(spec: IvfSpec): string {
  const lists = `${spec.nlist} inverted lists, a centroid each`;
  const visit = 'a search visits the nprobe nearest';
  switch (spec.coarse.kind) {
    case 'Hnsw':
      return `${lists}; ${visit}, found by a graph of ${spec.coarse.M} links a centroid`;
    case 'Nsg':
      return `${lists}; ${visit}, found by a graph of ${spec.coarse.R} links a centroid`;
    case 'Index':
      return `${lists}; ${visit}, found by the index in parentheses`;
    case 'MultiIndex':
      return `${spec.nlist} inverted lists, one for each pair of ${2 ** spec.coarse.nbits} half centroids; ${visit}`;
    default:
      return `${lists}; ${visit}, all centroids compared`;
  }
}

/** What a list holds of each vector of `d` dimensions. */
export function codecMeaning(codec: CodecSpec, d: number): string {
  switch (codec.kind) {
    case 'Flat':
      return 'lists hold the vectors as they are';
    case 'FlatDedup':
      return 'lists hold the vectors as they are, equal ones once';
    case 'FlatPanorama':
      return `lists hold the vectors as they are, in ${codec.levels} levels that rule candidates out early${batches(codec.batch)}`;
    case 'PqR':
      return `${pqMeaning({ M: codec.M, nbits: 8 }, d)}; what is left is cut into ${codec.refineM} parts, which rank the best again`;
    case 'SpectralHash': {
      const by = codec.transform === 'Itq' ? 'ITQ' : codec.transform === 'Pca' ? 'PCA' : 'PCA and a rotation';
      const threshold = codec.threshold === 'global' ? 'zero' : `the ${codec.threshold} of the list`;
      const waves = codec.period > 0 ? `waves of period ${codec.period}` : 'signs';
      return `${codec.nbits ?? d} bits: ${waves} after ${by}, against ${threshold}; compared by Hamming distance`;
    }
    default:
      return quantizerMeaning(codec, d);
  }
}

/** What an index that holds no other does with vectors of `d` dimensions. */
export function leafMeaning(spec: FactorySpec, d: number): string {
  switch (spec.kind) {
    case 'Flat':
      return 'keeps the vectors as they are and compares with all';
    case 'FlatPanorama':
      return `keeps the vectors in ${spec.levels} levels and rules candidates out early${batches(spec.batch)}`;
    case 'Lsh':
      return `${spec.nbits ?? d} bits, the signs of ${spec.rotate ? 'random directions' : 'the dimensions'}${spec.trainThresholds ? ' against medians' : ''}; compared by Hamming distance`;
    case 'Lattice':
      return `cut into ${spec.nsq} parts, each the nearest point of a sphere of squared radius ${spec.r2} in the integer lattice, its length in ${spec.scaleNbits} bits`;
    case 'TwoLayer':
      return `the number of the nearest of ${layers(spec.coarse)}; what is left is ${pqMeaning(spec, d)}`;
    case 'Hnsw':
      return `a graph of levels, ${spec.M} links a vector and ${2 * spec.M} on the lowest; efSearch candidates a search; nodes hold ${storage(spec.storage, d)}`;
    case 'Nsg':
      return `a graph of ${spec.R} links a vector, built from nearest neighbours; nodes hold ${storage(spec.storage, d)}`;
    case 'ScalarQuantizer':
    case 'Pq':
    case 'PqFastScan':
    case 'AdditiveQuantizer':
    case 'AdditiveFastScan':
    case 'RaBitQ':
    case 'RaBitQFastScan':
    case 'Eden':
      return quantizerMeaning(spec, d);
    default:
      return '';
  }
}

const batches = (batch: number | undefined): string =>
  batch === undefined ? '' : `, in batches of ${batch}`;

type Coarse = Extract<FactorySpec, { kind: 'TwoLayer' }>['coarse'];

const layers = (coarse: Coarse): string =>
  coarse.kind === 'Flat'
    ? `${coarse.nlist} centroids`
    : `${2 ** (coarse.M * coarse.nbits)} combined centroids (${coarse.M} parts of ${coarse.nbits} bits)`;

function storage(spec: HnswSpec['storage'], d: number): string {
  switch (spec.kind) {
    case 'Flat':
      return 'the vectors as they are';
    case 'FlatPanorama':
      return `the vectors in ${spec.levels} levels`;
    case 'TwoLayer':
      return `the number of the nearest of ${layers(spec.coarse)} and ${spec.M ?? 0} bytes of what is left`;
    default:
      return quantizerMeaning(spec, d);
  }
}
