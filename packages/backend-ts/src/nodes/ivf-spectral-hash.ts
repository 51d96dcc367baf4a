import type {
  IndexHeader,
  IvfFields,
  IvfSpectralHashData,
  SpectralHashSpec,
  TransformSpec,
} from '@lutra/core';
import type { Engine } from '../engine.js';
import { kernelMatmul } from '../kernel-matmul.js';
import { SpectralHashCodec } from '../quantizers/spectral-hash.js';
import { createTransform, loadTransform } from '../transforms/index.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import { IvfCodesCodec } from './ivf-codes.js';

function listsOf(
  engine: Engine,
  coarse: CoarseQuantizer,
  codec: SpectralHashCodec,
  nlist: number,
): IvfCodesCodec<IvfSpectralHashData> {
  const own = {
    kind: 'IvfSpectralHash' as const,
    codec,
    assertMergeable: (other: IvfSpectralHashData) => codec.assertSame(other),
    toData: (header: IndexHeader, fields: IvfFields) => ({
      kind: 'IvfSpectralHash' as const,
      ...header,
      ...fields,
      ...codec.toData(),
    }),
  };
  return new IvfCodesCodec(engine, coarse, own, nlist);
}

/** The lists of an IndexIVFSpectralHash. @see faiss/IndexIVFSpectralHash.cpp */
export function createSpectralHashLists(
  engine: Engine,
  spec: SpectralHashSpec,
  coarse: CoarseQuantizer,
  nlist: number,
): IvfCodesCodec<IvfSpectralHashData> {
  const map = createTransform(transformOf(spec, coarse.d), coarse.d, { matmul: kernelMatmul(engine) });
  const shape = { period: Math.fround(spec.period), thresholdType: spec.threshold };
  return listsOf(engine, coarse, new SpectralHashCodec(engine, map, shape), nlist);
}

function transformOf({ transform, nbits }: SpectralHashSpec, d: number): TransformSpec {
  const dOut = nbits ?? d;
  if (transform === 'Itq') return { kind: 'Itq', ...(dOut !== d && { dOut }) };
  return { kind: 'Pca', dOut, whiten: false, rotate: transform === 'PcaRotated' };
}

/** The same for `data`, without its entries. */
export function loadSpectralHashLists(
  engine: Engine,
  data: IvfSpectralHashData,
  coarse: CoarseQuantizer,
): IvfCodesCodec<IvfSpectralHashData> {
  const map = loadTransform(data.transform, { matmul: kernelMatmul(engine) });
  const { period, thresholdType } = data;
  return listsOf(
    engine,
    coarse,
    new SpectralHashCodec(engine, map, { period, thresholdType }, data),
    data.nlist,
  );
}
