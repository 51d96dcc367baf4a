import type { EdenData, EdenSpec, IndexHeader, IvfEdenData, IvfFields, Metric } from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertSame, assertSameTraining } from '../invariants.js';
import { EdenQuantizer } from '../quantizers/eden.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import { CodesNode } from './codes.js';
import { IvfCodesCodec } from './ivf-codes.js';

function quantizerOf({ nbits, biased }: EdenSpec) {
  return { bits: nbits, scaleType: biased ? ('biased' as const) : ('unbiased' as const) };
}

function edenNode(engine: Engine, codec: EdenQuantizer, data?: EdenData): CodesNode<EdenData> {
  const own = {
    kind: 'Eden' as const,
    codec,
    assertMergeable(other: EdenData): void {
      codec.assertSame(other.eden);
      assertSameTraining('the centre', codec.center, other.center);
    },
    toData: (header: IndexHeader, codes: Uint8Array) => ({
      kind: 'Eden' as const,
      ...header,
      eden: codec.toData(),
      codes,
      center: codec.center,
    }),
  };
  return new CodesNode(engine, own, data);
}

/** IndexEDEN, empty and untrained. @see faiss/IndexEDEN.cpp */
export function createEden(engine: Engine, spec: EdenSpec, d: number, metric: Metric): CodesNode<EdenData> {
  return edenNode(engine, new EdenQuantizer(engine, { d, metric, ...quantizerOf(spec) }));
}

/** IndexEDEN in the state of `data`. */
export function loadEden(engine: Engine, data: EdenData): CodesNode<EdenData> {
  return edenNode(engine, new EdenQuantizer(engine, data.eden, data), data);
}

function edenLists(
  engine: Engine,
  coarse: CoarseQuantizer,
  codec: EdenQuantizer,
  { nlist, byResidual }: Pick<IvfEdenData, 'nlist' | 'byResidual'>,
): IvfCodesCodec<IvfEdenData> {
  const own = {
    kind: 'IvfEden' as const,
    codec,
    assertMergeable: (other: IvfEdenData) => {
      assertSame('by_residual', byResidual, other.byResidual);
      codec.assertSame(other.eden);
    },
    toData: (header: IndexHeader, fields: IvfFields) => ({
      kind: 'IvfEden' as const,
      ...header,
      ...fields,
      eden: codec.toData(),
      codeSize: codec.codeSize,
      byResidual,
    }),
  };
  return new IvfCodesCodec(engine, coarse, own, nlist);
}

/** The lists of an IndexIVFEDEN. @see faiss/IndexIVFEDEN.cpp */
export function createEdenLists(
  engine: Engine,
  spec: EdenSpec,
  coarse: CoarseQuantizer,
  nlist: number,
): IvfCodesCodec<IvfEdenData> {
  const { d, metric } = coarse;
  const codec = new EdenQuantizer(engine, { d, metric, ...quantizerOf(spec) });
  return edenLists(engine, coarse, codec, { nlist, byResidual: true });
}

/** The same for `data`, without its entries. */
export function loadEdenLists(
  engine: Engine,
  data: IvfEdenData,
  coarse: CoarseQuantizer,
): IvfCodesCodec<IvfEdenData> {
  return edenLists(engine, coarse, new EdenQuantizer(engine, data.eden, { isTrained: data.isTrained }), data);
}
