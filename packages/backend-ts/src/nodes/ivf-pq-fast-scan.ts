import type { IvfPqFastScanData } from '@lutra/core';
import type { Engine } from '../engine.js';
import { ResidualTables } from '../fast-scan/residual-tables.js';
import type { BlockLists } from '../invlists/block-lists.js';
import type { ListQuantizer } from '../quantizers/list-quantizer.js';
import { type FastScanLists, IvfFastScanCodec } from './ivf-fast-scan.js';

/**
 * The lists of an IndexIVFPQFastScan. With residuals, l2 has a table a list, and ip each list's coarse product as its bias.
 * @see faiss/IndexIVFPQFastScan.cpp
 */
export function ivfPqFastScan(
  engine: Engine,
  quantizer: ListQuantizer,
  lists: BlockLists,
  options: { implem?: number; qbs2?: number } = {},
): IvfFastScanCodec<IvfPqFastScanData> {
  const { coarse, pq, byResidual } = quantizer;
  const { metric } = coarse;
  const own: FastScanLists<IvfPqFastScanData> = {
    kind: 'IvfPqFastScan',
    M: pq.M,
    byResidual,
    get isTrained() {
      return quantizer.isTrained;
    },
    tables: byResidual && metric === 'l2' ? new ResidualTables(engine, pq, coarse) : undefined,
    train: (points, task) => quantizer.train(points, task),
    encode: (x, assign) => quantizer.encode(x, assign),
    decode: (...at) => quantizer.decode(...at),
    fillLut: (x, lut) => pq.fillLut(metric, x, lut),
    bias: (_, probes) => (byResidual ? probes.distances.subarray(0, probes.count) : undefined),
    assertMergeable: (data) => quantizer.assertMergeable(data),
    toData: (header, fields) => ({
      kind: 'IvfPqFastScan',
      ...header,
      ...fields,
      codeSize: pq.codeSize,
      pq: pq.toData(),
    }),
  };
  return new IvfFastScanCodec(engine, own, metric, lists, options);
}
