import type { AdditiveQuantizerSpec, CodecSpec, FactorySpec, IvfSpec, SpectralHashSpec } from '@lutra/core';
import { checkHnswM, checkNsgR, hnswLinkBytes, isFlatFamily, panoramaBytes } from './check-index.js';
import { bytesOf, pqFacts, quantizerFacts } from './check-quantizer.js';
import { itqFacts, pcaFacts } from './check-transform.js';
import { coarseMeaning, codecMeaning } from './explain/meaning.js';
import type { FactoryToken, Facts, Place } from './facts.js';
import {
  MAX_ROWS_OF_STATISTIC,
  MAX_ROWS_PER_CENTROID,
  onlyMetrics,
  refuseAt,
  tell,
  within,
} from './facts.js';
import { coarseText, codecText, nlistText } from './format-token.js';
import { INT32_MAX } from './syntax-fault.js';

const WORD = 4;
/** faiss keeps an id of 64 bits beside every code in an inverted list. */
const ID_BYTES = 8;
/** The refining quantizer of `PQm+n` takes this many rows a centroid. */
const REFINE_ROWS_PER_CENTROID = 1000;

type Inspect = (spec: FactorySpec, place: Place) => void;

/** Checks an IVF: its coarse quantizer, the index in its parentheses if it has one, and its codec. */
export function checkIvf(place: Place, spec: IvfSpec, inspect: Inspect): void {
  checkCoarse(place, spec, inspect);
  const text = codecText(spec.codec);
  tell(place, text, codecFacts(place, text, spec), codecMeaning(spec.codec, place.d));
}

function checkCoarse(place: Place, spec: IvfSpec, inspect: Inspect): void {
  const { coarse, nlist } = spec;
  const list: Facts = { kind: 'Ivf', idBytes: ID_BYTES };
  const meaning = coarseMeaning(spec);
  if (coarse.kind === 'MultiIndex') {
    const text = `IMI2x${coarse.nbits}`;
    onlyMetrics(place, text, ['l2'], 'faiss computes this for l2 only');
    const { centroids = 0 } = pqFacts(place, text, coarse.M, coarse.nbits);
    tell(place, text, { ...list, centroids }, meaning);
    return;
  }
  const text = `IVF${nlistText(nlist)}${coarse.kind === 'Index' ? '' : coarseText(coarse)}`;
  within(place, text, 'nlist', nlist, 1, INT32_MAX);
  switch (coarse.kind) {
    case 'Hnsw':
      checkHnswM(place, text, coarse.M);
      tell(
        place,
        text,
        { ...list, centroids: nlist, note: `${hnswLinkBytes(coarse.M)} bytes of links a centroid` },
        meaning,
      );
      break;
    case 'Nsg':
      checkNsgR(place, text, coarse.R);
      if (nlist <= NSG_MIN_POINTS) within(place, text, 'nlist', nlist, NSG_MIN_POINTS + 1);
      tell(place, text, { ...list, centroids: nlist }, meaning);
      break;
    case 'Index':
      checkInner(place, text, spec, coarse.index, inspect);
      break;
    default:
      tell(place, text, { ...list, centroids: nlist }, meaning);
  }
  if (coarse.kind !== 'Flat' && !(coarse.kind === 'Index' && isFlatFamily(coarse.index))) {
    onlyMetrics(place, text, ['l2', 'ip'], 'faiss trains such a coarse quantizer for l2 and ip only');
  }
}

/** faiss's graph builder refuses so few points. */
const NSG_MIN_POINTS = 100;

/** An index in parentheses is trained on the centroids and then filled with them, or makes them itself (RCQ). */
function checkInner(place: Place, text: string, spec: IvfSpec, index: FactorySpec, inspect: Inspect): void {
  const makesCentroids = index.kind === 'AdditiveQuantizer' && index.quantizer === 'RCQ';
  const { nlist } = spec;
  const list: Facts = { kind: 'Ivf', idBytes: ID_BYTES };
  tell(place, text, makesCentroids ? list : { ...list, centroids: nlist }, coarseMeaning(spec));
  const holds = makesCentroids ? place.holds : 'centroids';
  const tokens: FactoryToken[] = [];
  inspect(index, { ...place, depth: place.depth + 1, holds, tokens });
  place.tokens.push(...tokens.map((t) => (makesCentroids ? { ...t, codeBytes: 0 } : t)));
  if (makesCentroids) {
    const bits = totalBits(index);
    if (2 ** bits !== nlist) {
      refuseAt(
        place,
        text,
        `nlist must be 2^${bits} for ${bits} bits of RCQ, got ${nlist}`,
        `nlist ${2 ** bits}`,
      );
    }
    return;
  }
  const wanted = Math.max(0, ...tokens.filter((t) => t.depth === place.depth + 1).map((t) => t.minTrainRows));
  if (wanted > nlist) {
    const problem = `the index in parentheses trains on the ${nlist} centroids and needs ${wanted}`;
    refuseAt(place, text, problem, `nlist of at least ${wanted}`);
  }
}

const totalBits = (spec: AdditiveQuantizerSpec): number =>
  spec.parts.reduce((sum, [count, nbits]) => sum + count * nbits, 0);

function codecFacts(place: Place, text: string, spec: IvfSpec): Facts {
  const { codec } = spec;
  switch (codec.kind) {
    case 'Flat':
      return { kind: codec.kind, codeBytes: WORD * place.d };
    case 'FlatDedup':
      return { kind: codec.kind, codeBytes: WORD * place.d, note: 'equal vectors of a list are stored once' };
    case 'FlatPanorama':
      onlyMetrics(place, text, ['l2', 'ip'], 'faiss computes this for l2 and ip only');
      return { kind: codec.kind, codeBytes: panoramaBytes(place, text, codec.levels, codec.batch) };
    case 'PqR':
      return pqRefined(place, text, codec);
    case 'SpectralHash':
      return spectralHash(place, text, codec);
    default:
      return quantizerFacts(place, text, codec, true) as Facts;
  }
}

function pqRefined(place: Place, text: string, codec: Extract<CodecSpec, { kind: 'PqR' }>): Facts {
  onlyMetrics(place, text, ['l2'], 'faiss computes this for l2 only');
  const first = pqFacts(place, text, codec.M, 8);
  const second = pqFacts(place, text, codec.refineM, 8);
  const centroids = first.centroids ?? 0;
  return {
    kind: codec.kind,
    codeBytes: (first.codeBytes ?? 0) + (second.codeBytes ?? 0),
    centroids,
    maxRows: Math.max(MAX_ROWS_PER_CENTROID, REFINE_ROWS_PER_CENTROID) * centroids,
  };
}

function spectralHash(place: Place, text: string, codec: SpectralHashSpec): Facts {
  onlyMetrics(place, text, ['l2'], 'faiss builds this codec for l2 whatever the metric');
  const nbits = codec.nbits ?? place.d;
  const rows =
    codec.transform === 'Itq'
      ? itqFacts(place, text, nbits === place.d ? undefined : nbits)
      : pcaFacts(place, text, nbits);
  const maxRows = Math.max(rows.maxRows ?? 0, codec.threshold === 'median' ? MAX_ROWS_OF_STATISTIC : 0);
  return { kind: codec.kind, codeBytes: bytesOf(nbits), minRows: rows.minRows ?? 1, maxRows };
}
