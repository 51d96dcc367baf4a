import { type IndexHeader, type IvfFields, type IvfFlatData, missingDistance } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { type ExtraMetric, type RowDistance, rowDistance } from '../extra-metrics.js';
import type { VectorCodec } from '../quantizers/vector-codec.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import { IvfCodesCodec } from './ivf-codes.js';

/** Vectors as they are, compared one by one, without kernels. A vector whose distance is NaN is not found. */
class MetricRows implements VectorCodec {
  readonly d: number;
  readonly metric: ExtraMetric;
  readonly codeSize: number;
  readonly isTrained = true;
  readonly #engine: Engine;
  readonly #distance: RowDistance;
  readonly #missing: number;
  #x: Float32Array = new Float32Array(0);

  constructor(engine: Engine, d: number, metric: ExtraMetric, metricArg: number) {
    this.#engine = engine;
    this.d = d;
    this.metric = metric;
    this.codeSize = d * 4;
    this.#distance = rowDistance(metric, metricArg);
    this.#missing = missingDistance(metric);
  }

  async train(): Promise<void> {}

  encode(x: Float32Array, n: number): Uint8Array {
    return new Uint8Array(x.slice(0, n * this.d).buffer);
  }

  decode(codes: Uint8Array, at: number, out: Float32Array): void {
    new Uint8Array(out.buffer, out.byteOffset, this.codeSize).set(codes.subarray(at, at + this.codeSize));
  }

  begin(x: Float32Array): void {
    this.#x = x;
  }

  enter(): void {}

  scan(codes: Ptr, n: number, out: Ptr): void {
    const { d } = this;
    const { floats } = this.#engine;
    for (let i = 0; i < n; i++) {
      const distance = this.#distance(this.#x, floats, codes / 4 + i * d);
      floats[out / 4 + i] = Number.isNaN(distance) ? this.#missing : distance;
    }
  }
}

/** The lists of an IndexIVFFlat by a metric beside l2 and ip. @see faiss/IndexIVFFlat.cpp */
export function metricLists(
  engine: Engine,
  coarse: CoarseQuantizer,
  nlist: number,
  metricArg: number,
): IvfCodesCodec<IvfFlatData> {
  const own = {
    kind: 'IvfFlat' as const,
    codec: new MetricRows(engine, coarse.d, coarse.metric as ExtraMetric, metricArg),
    assertMergeable: () => {},
    toData: (header: IndexHeader, fields: IvfFields) => ({ kind: 'IvfFlat' as const, ...header, ...fields }),
  };
  return new IvfCodesCodec(engine, coarse, own, nlist);
}
