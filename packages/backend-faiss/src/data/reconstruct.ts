import { type IndexData, LutraError, type ProductQuantizerData } from '@lutra/core';
import { codeInBlocks } from './block-codes.js';
import { layoutOf } from './change-rows.js';
import { placesOf, splitPlace } from './places.js';
import { reversible } from './reverse-transform.js';
import { hasEntries, type IvfData } from './served.js';

/** Writes the stored vector at a position into `out`, `(d)`. */
type DecodeRow = (position: number, out: Float32Array) => void;

/**
 * A function that gives stored vectors back, as far as they can be: exact for float32 vectors, else what the codes say.
 * The ids of an IVF must be positions.
 * @throws LutraError `UNSUPPORTED` for a transform that has no way back
 */
export function rowDecoder(data: IndexData): DecodeRow {
  switch (data.kind) {
    case 'Flat':
      return (i, out) => out.set(data.vectors.subarray(i * data.d, (i + 1) * data.d));
    case 'Pq': {
      const read = bitReader(data.codes, data.pq);
      return (i, out) => decodePq(data.pq, (m) => read(i, m), out);
    }
    case 'PqFastScan': {
      const layout = layoutOf(data);
      return (i, out) => decodePq(data.pq, (m) => codeInBlocks(data.codes, i, m, layout), out);
    }
    case 'IvfFlat':
    case 'IvfPq':
    case 'IvfPqFastScan':
      return ivfDecoder(data);
    case 'Refine':
      return rowDecoder(data.refine);
    case 'HnswFlat':
      if (data.storage) return rowDecoder(data.storage);
      throw notDecoded(data);
    case 'PreTransform': {
      const back = data.transforms.map(reversible);
      const base = rowDecoder(data.base);
      return (i, out) => {
        let row: Float32Array = new Float32Array(data.base.d);
        base(i, row);
        for (const reverse of back.toReversed()) row = reverse(row);
        out.set(row);
      };
    }
    default:
      throw notDecoded(data);
  }
}

function notDecoded({ kind }: IndexData): LutraError {
  const feature = `reconstruct from ${kind}`;
  return new LutraError('UNSUPPORTED', `reconstruct: not done for ${kind}`, { feature, by: 'faiss' });
}

function decodePq(pq: ProductQuantizerData, code: (m: number) => number, out: Float32Array): void {
  const dsub = pq.d / pq.M;
  for (let m = 0; m < pq.M; m++) {
    const at = (m * 2 ** pq.nbits + code(m)) * dsub;
    out.set(pq.centroids.subarray(at, at + dsub), m * dsub);
  }
}

/** Reads index `m` of code `i`: a bit string a vector, lowest bit first. */
function bitReader(codes: Uint8Array, { M, nbits }: ProductQuantizerData): (i: number, m: number) => number {
  const size = Math.ceil((M * nbits) / 8);
  return (i, m) => {
    let value = 0;
    for (let b = 0; b < nbits; b++) {
      const bit = m * nbits + b;
      value += ((codes[i * size + (bit >> 3)]! >> (bit & 7)) & 1) * 2 ** b;
    }
    return value;
  };
}

function ivfDecoder(data: IvfData): DecodeRow {
  const places = placesOf(data.invlists, data.ntotal);
  const centroid = rowDecoder(data.quantizer);
  const residual = data.kind === 'IvfFlat' ? false : data.byResidual;
  const row = new Float32Array(data.d);
  return (i, out) => {
    const { list, offset } = splitPlace(places[i]!);
    decodeEntry(data, list, offset, out);
    if (!residual) return;
    centroid(list, row);
    for (let j = 0; j < row.length; j++) out[j]! += row[j]!;
  };
}

function decodeEntry(data: IvfData, list: number, offset: number, out: Float32Array): void {
  if (!hasEntries(data.invlists)) return;
  const codes = data.invlists.codes[list]!;
  if (data.kind === 'IvfFlat') {
    const bytes = 4 * data.d;
    new Uint8Array(out.buffer, out.byteOffset, bytes).set(
      codes.subarray(offset * bytes, (offset + 1) * bytes),
    );
  } else if (data.kind === 'IvfPq') {
    const read = bitReader(codes, data.pq);
    decodePq(data.pq, (m) => read(offset, m), out);
  } else {
    const layout = layoutOf(data);
    decodePq(data.pq, (m) => codeInBlocks(codes, offset, m, layout), out);
  }
}
