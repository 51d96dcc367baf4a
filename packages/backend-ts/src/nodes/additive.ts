import type {
  AdditiveQuantizerData,
  AdditiveQuantizerSpec,
  IndexHeader,
  IvfAdditiveQuantizerData,
  IvfFields,
  Metric,
} from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertSame } from '../invariants.js';
import { AdditiveCodec, assertSearched } from '../quantizers/additive/additive-codec.js';
import { encoderFrom, encoderOf, searchTypeOf } from '../quantizers/additive/additive-fields.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import { CodesNode } from './codes.js';
import { IvfCodesCodec } from './ivf-codes.js';

function additiveNode(
  engine: Engine,
  codec: AdditiveCodec,
  data?: AdditiveQuantizerData,
): CodesNode<AdditiveQuantizerData> {
  const own = {
    kind: 'AdditiveQuantizer' as const,
    codec,
    assertMergeable: (other: AdditiveQuantizerData) => codec.assertSame(other.aq),
    toData: (header: IndexHeader, codes: Uint8Array) => ({
      kind: 'AdditiveQuantizer' as const,
      ...header,
      aq: codec.toData(),
      codeSize: codec.codeSize,
      codes,
    }),
  };
  return new CodesNode(engine, own, data);
}

/** IndexResidualQuantizer and its like, empty and untrained. @see faiss/IndexAdditiveQuantizer.cpp */
export function createAdditive(
  engine: Engine,
  spec: AdditiveQuantizerSpec,
  d: number,
  metric: Metric,
): CodesNode<AdditiveQuantizerData> {
  const options = { searchType: searchTypeOf(spec.norm, metric), byResidual: false };
  return additiveNode(engine, new AdditiveCodec(engine, encoderOf(engine, d, spec), metric, options));
}

/** The same in the state of `data`. */
export function loadAdditive(engine: Engine, data: AdditiveQuantizerData): CodesNode<AdditiveQuantizerData> {
  const { aq, metric } = data;
  assertSearched(aq.searchType);
  const options = { searchType: aq.searchType, byResidual: false };
  return additiveNode(engine, new AdditiveCodec(engine, encoderFrom(engine, aq), metric, options, aq), data);
}

function additiveLists(
  engine: Engine,
  coarse: CoarseQuantizer,
  codec: AdditiveCodec,
  nlist: number,
  usePrecomputedTable: number,
): IvfCodesCodec<IvfAdditiveQuantizerData> {
  const own = {
    kind: 'IvfAdditiveQuantizer' as const,
    codec,
    assertMergeable: (other: IvfAdditiveQuantizerData) => {
      assertSame('by_residual', codec.byResidual, other.byResidual);
      codec.assertSame(other.aq);
    },
    toData: (header: IndexHeader, fields: IvfFields) => ({
      kind: 'IvfAdditiveQuantizer' as const,
      ...header,
      ...fields,
      codeSize: codec.codeSize,
      aq: codec.toData(),
      byResidual: codec.byResidual,
      usePrecomputedTable,
    }),
  };
  return new IvfCodesCodec(engine, coarse, own, nlist);
}

/** The lists of an IndexIVFResidualQuantizer and its like. @see faiss/IndexIVFAdditiveQuantizer.cpp */
export function createAdditiveLists(
  engine: Engine,
  spec: AdditiveQuantizerSpec,
  coarse: CoarseQuantizer,
  nlist: number,
): IvfCodesCodec<IvfAdditiveQuantizerData> {
  const { d, metric } = coarse;
  const options = { searchType: searchTypeOf(spec.norm, metric), byResidual: true };
  const codec = new AdditiveCodec(engine, encoderOf(engine, d, spec), metric, options);
  return additiveLists(engine, coarse, codec, nlist, 0);
}

/** The same for `data`, without its entries. */
export function loadAdditiveLists(
  engine: Engine,
  data: IvfAdditiveQuantizerData,
  coarse: CoarseQuantizer,
): IvfCodesCodec<IvfAdditiveQuantizerData> {
  const { aq, metric, byResidual, nlist } = data;
  assertSearched(aq.searchType);
  const options = { searchType: aq.searchType, byResidual };
  const codec = new AdditiveCodec(engine, encoderFrom(engine, aq), metric, options, aq);
  return additiveLists(engine, coarse, codec, nlist, data.usePrecomputedTable);
}
