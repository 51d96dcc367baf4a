import {
  type AdditiveFields,
  type AdditiveNorm,
  type AdditiveQuantizerFields,
  type AdditiveQuantizerSpec,
  type AdditiveSearchType,
  type LocalSearchQuantizerData,
  LutraError,
  type Metric,
  type ResidualQuantizerData,
} from '@lutra/core';
import type { Engine } from '../../engine.js';
import type { AdditiveEncoder } from './additive-encoder.js';
import { LocalSearchEncoder } from './local-search-encoder.js';
import { ProductEncoder } from './product-encoder.js';
import { ResidualEncoder } from './residual-encoder.js';

/** What a part of a product quantizer had besides its codebooks in the file that it comes from. */
type PartData = ResidualQuantizerData | LocalSearchQuantizerData;
const parts = new WeakMap<AdditiveEncoder, PartData>();

/** The encoder of a factory string. */
export function encoderOf(
  engine: Engine,
  d: number,
  spec: Pick<AdditiveQuantizerSpec, 'quantizer' | 'nsplits' | 'parts'>,
): AdditiveEncoder {
  const nbits = spec.parts.flatMap(([count, b]) => new Array<number>(count).fill(b));
  const one = (dsub: number): AdditiveEncoder =>
    spec.quantizer === 'RQ' || spec.quantizer === 'PRQ'
      ? new ResidualEncoder(engine, dsub, nbits)
      : new LocalSearchEncoder(engine, dsub, nbits.length, nbits[0]!);
  if (spec.quantizer === 'RQ' || spec.quantizer === 'LSQ') return one(d);
  return new ProductEncoder(Array.from({ length: spec.nsplits }, () => one(d / spec.nsplits)));
}

/** More steps a vector, or partial codes of it, than anyone encodes with: such a file is damaged. */
const MOST_STEPS = 1024;

/**
 * The encoder that made the codes of `data`.
 * @throws LutraError `CAPACITY` if encoding one vector by the numbers of `data` would not end in reasonable time
 */
export function encoderFrom(engine: Engine, data: AdditiveQuantizerFields): AdditiveEncoder {
  for (const [name, steps] of stepsOf(data)) {
    if (steps >= 0 && steps <= MOST_STEPS) continue;
    const message = `${name} of a ${data.kind} quantizer is ${steps}, at most ${MOST_STEPS} are run`;
    throw new LutraError('CAPACITY', message, { wanted: steps, limit: MOST_STEPS, what: name });
  }
  switch (data.kind) {
    case 'RQ':
      return new ResidualEncoder(engine, data.d, [...data.nbits], data);
    case 'LSQ':
      return new LocalSearchEncoder(engine, data.d, data.M, data.nbits[0]!, data);
    default:
      return new ProductEncoder(
        data.quantizers.map((part) => {
          const encoder = encoderFrom(engine, part);
          parts.set(encoder, part);
          return encoder;
        }),
      );
  }
}

function stepsOf(data: AdditiveQuantizerFields): [name: string, steps: number][] {
  switch (data.kind) {
    case 'RQ':
      return [['maxBeamSize', data.maxBeamSize]];
    case 'LSQ': {
      const { trainIters, encodeIlsIters, trainIlsIters, icmIters } = data;
      return Object.entries({ trainIters, encodeIlsIters, trainIlsIters, icmIters });
    }
    default:
      return []; // those of its parts
  }
}

/** The data of a quantizer with what its kind of encoder adds. */
export function additiveFields(encoder: AdditiveEncoder, common: AdditiveFields): AdditiveQuantizerFields {
  if (encoder instanceof ResidualEncoder) return { kind: 'RQ', ...common, ...encoder.fields };
  if (encoder instanceof LocalSearchEncoder) return { kind: 'LSQ', ...common, ...encoder.fields };
  const product = encoder as ProductEncoder;
  const codebooks = common.isTrained ? product.split(common.codebooks) : [];
  const quantizers = product.encoders.map((part, s) => partFields(part, common, codebooks[s]));
  const kind = product.encoders[0] instanceof ResidualEncoder ? 'PRQ' : 'PLSQ';
  return { kind, ...common, nsplits: product.parts, quantizers };
}

function partFields(part: AdditiveEncoder, common: AdditiveFields, own: Float32Array | undefined): PartData {
  const known = parts.get(part);
  const fresh = {
    d: part.d,
    M: part.nbits.length,
    nbits: Float64Array.from(part.nbits),
    searchType: 'decompress' as const,
    normMin: Number.NaN,
    normMax: Number.NaN,
    normCentroids: new Float32Array(0),
    normTables: new Float32Array(0),
  };
  const codebooks = own ?? known?.codebooks ?? new Float32Array(0);
  const fields = { ...fresh, ...known, isTrained: common.isTrained, codebooks };
  return additiveFields(part, fields) as PartData;
}

const SUFFIXES: Readonly<Record<Exclude<AdditiveNorm, 'default'>, AdditiveSearchType>> = {
  none: 'LUT_nonorm',
  float: 'norm_float',
  qint8: 'norm_qint8',
  qint4: 'norm_qint4',
  cqint8: 'norm_cqint8',
  cqint4: 'norm_cqint4',
  lsq2x4: 'norm_lsq2x4',
  rq2x4: 'norm_rq2x4',
};

/** faiss's search type for the norm suffix of a factory string. */
export function searchTypeOf(norm: AdditiveNorm, metric: Metric): AdditiveSearchType {
  if (norm !== 'default') return SUFFIXES[norm];
  return metric === 'l2' ? 'decompress' : 'LUT_nonorm';
}
