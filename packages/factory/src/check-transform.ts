import type { TransformSpec } from '@lutra/core';
import type { Facts, Place } from './facts.js';
import { divides, refuseAt, within } from './facts.js';

/** faiss's caps of training rows. */
const PCA_ROWS_PER_DIMENSION = 1000;
const OPQ_ROWS = 65536;
const ITQ_ROWS = 32768;
const ITQ_ROWS_PER_DIMENSION = 10;
/** An OPQ is fitted to an 8-bit product quantizer, whatever comes after it. */
const OPQ_CENTROIDS = 256;

/** Checks a transform of the dimension at `place`; `dOut` of the result is what goes on. */
export function transformFacts(place: Place, text: string, t: TransformSpec): Facts & { dOut: number } {
  const { d } = place;
  switch (t.kind) {
    case 'Pca':
      return pcaFacts(place, text, t.dOut);
    case 'L2Norm':
      return { kind: t.kind, dOut: d };
    case 'RandomRotation':
      within(place, text, 'd out', t.dOut ?? d, 1);
      return { kind: t.kind, dOut: t.dOut ?? d, note: 'drawn when training starts, whatever the rows' };
    case 'HadamardRotation':
      return { kind: t.kind, dOut: 2 ** Math.ceil(Math.log2(d)) };
    case 'Itq':
      return itqFacts(place, text, t.dOut);
    case 'Opq':
      return opqFacts(place, text, t.M, t.dOut ?? d);
    case 'Pad':
      return {
        kind: t.kind,
        dOut: Math.max(t.dOut, d),
        note: t.dOut <= d ? 'changes nothing: d is as large' : undefined,
      };
    default:
      return refuseAt(place, text, 'not a transform', 'a transform');
  }
}

/** Principal axes of d dimensions: at most d of them, and as many rows at least as axes are wanted. */
export function pcaFacts(place: Place, text: string, dOut: number): Facts & { dOut: number } {
  within(place, text, 'd out', dOut, 1, place.d);
  return { kind: 'Pca', dOut, minRows: dOut, maxRows: PCA_ROWS_PER_DIMENSION * place.d };
}

/** Without a number there is no PCA in front, and the dimension stays. */
export function itqFacts(place: Place, text: string, dOut: number | undefined): Facts & { dOut: number } {
  const { d } = place;
  if (dOut !== undefined) within(place, text, 'd out', dOut, 1, d);
  const maxRows = Math.max(ITQ_ROWS_PER_DIMENSION * d, ITQ_ROWS);
  return { kind: 'Itq', dOut: dOut ?? d, minRows: dOut ?? 1, maxRows };
}

function opqFacts(place: Place, text: string, M: number, dOut: number): Facts & { dOut: number } {
  within(place, text, 'd out', dOut, 1);
  divides(place, text, 'M', M, dOut, 'd out');
  return { kind: 'Opq', dOut, centroids: OPQ_CENTROIDS, maxRows: OPQ_ROWS };
}
