import type { IvfRaBitQData, Metric, RaBitQData } from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import { RaBitQuantizer } from '../quantizers/rabitq.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import { CodesNode } from './codes.js';
import { IvfCodesCodec } from './ivf-codes.js';

/** Bits of a query's component in indexes made by string. */
const QUERY_BITS = 4;

function raBitQNode(engine: Engine, codec: RaBitQuantizer, data?: RaBitQData): CodesNode<RaBitQData> {
  const own = {
    kind: 'RaBitQ' as const,
    codec,
    assertMergeable(other: RaBitQData): void {
      codec.assertSame(other.rabitq);
      assertSameTraining('the centre', codec.center, other.center);
    },
    toData: (header: Omit<RaBitQData, 'kind' | 'rabitq' | 'codes' | 'center' | 'qb'>, codes: Uint8Array) => ({
      kind: 'RaBitQ' as const,
      ...header,
      rabitq: codec.toData(),
      codes,
      center: codec.center,
      qb: codec.qb,
    }),
  };
  return new CodesNode(engine, own, data);
}

/** IndexRaBitQ, empty and untrained. @see faiss/IndexRaBitQ.cpp */
export function createRaBitQ(
  engine: Engine,
  d: number,
  metric: Metric,
  nbBits: number,
): CodesNode<RaBitQData> {
  return raBitQNode(engine, new RaBitQuantizer(engine, { d, metric, nbBits }, { qb: QUERY_BITS }));
}

/** IndexRaBitQ in the state of `data`. */
export function loadRaBitQ(engine: Engine, data: RaBitQData): CodesNode<RaBitQData> {
  return raBitQNode(engine, new RaBitQuantizer(engine, data.rabitq, data), data);
}

/** The lists of an IndexIVFRaBitQ. @see faiss/IndexIVFRaBitQ.cpp */
export function raBitQLists(
  engine: Engine,
  coarse: CoarseQuantizer,
  nlist: number,
  state: { nbBits: number; qb?: number; byResidual?: boolean; isTrained?: boolean },
): IvfCodesCodec<IvfRaBitQData> {
  const { d, metric } = coarse;
  const { nbBits, qb = QUERY_BITS, byResidual = true, isTrained = false } = state;
  const codec = new RaBitQuantizer(engine, { d, metric, nbBits }, { qb, isTrained });
  const own = {
    kind: 'IvfRaBitQ' as const,
    codec,
    assertMergeable: (other: IvfRaBitQData) => {
      assertSame('by_residual', byResidual, other.byResidual);
      codec.assertSame(other.rabitq);
    },
    toData: (
      header: Pick<IvfRaBitQData, 'd' | 'ntotal' | 'isTrained' | 'metric' | 'metricArg'>,
      fields: Pick<IvfRaBitQData, 'nlist' | 'nprobe' | 'quantizer' | 'directMap' | 'invlists'>,
    ) => ({
      kind: 'IvfRaBitQ' as const,
      ...header,
      ...fields,
      rabitq: codec.toData(),
      codeSize: codec.codeSize,
      byResidual,
      qb,
    }),
  };
  return new IvfCodesCodec(engine, coarse, own, nlist);
}
