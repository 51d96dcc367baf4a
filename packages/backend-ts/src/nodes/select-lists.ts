import { isSimilarity } from '@lutra/core';
import type { Engine } from '../engine.js';
import { cut, type Vectors } from '../node.js';
import type { ProbeTable } from '../probe-table.js';
import type { Selection } from '../selection.js';
import { TopK } from '../top-k.js';
import type { ListCodec } from './list-codec.js';

/**
 * {@link ListCodec.select} for codecs whose scans give float distances: query by query, list by list.
 * @param sift - {@link ListCodec.scan} that may leave out what is not among the k best of the lists before, where there is one
 */
export function selectFloats<V extends Vectors>(
  engine: Engine,
  codec: ListCodec<V>,
  x: V,
  probes: ProbeTable<V>,
  selection: Selection,
  sift?: (rank: number, best: TopK) => Float32Array,
): void {
  const { nq, nprobe, metric } = probes;
  const d = x.length / nq;
  const similarity = isSimilarity(metric);
  const best = sift && new TopK(selection.k, similarity);
  for (let q = 0; q < nq; q++) {
    codec.begin(cut(x, q * d, (q + 1) * d), probes.probes(q));
    best?.reset();
    const reservoir = selection.reservoir(q);
    for (let rank = 0; rank < nprobe; rank++) {
      const n = probes.sizeOf(q, rank);
      if (n === 0) continue;
      const values = (best ? sift!(rank, best) : codec.scan(rank)).byteOffset;
      engine.kernels.selectF32(values, n, similarity, probes.startOf(q, rank), 0, reservoir);
    }
  }
}
