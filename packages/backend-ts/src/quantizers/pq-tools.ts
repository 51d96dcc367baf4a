import type { ProductQuantizerData } from '@lutra/core';
import { viewRows } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { Task } from '../task.js';
import type { PqTools } from '../transforms/index.js';
import { ProductQuantizer } from './product-quantizer.js';

/** The product quantizer that OPQ fits its rotation to, on the engine's kernels; one at a time, its memory reused. */
export function pqTools(engine: Engine): PqTools & { free(): void } {
  let kept: ProductQuantizer | undefined;
  const quantizer = (d: number, M: number, nbits: number): ProductQuantizer => {
    if (kept && kept.d === d && kept.M === M && kept.nbits === nbits) return kept;
    kept?.free();
    kept = new ProductQuantizer(engine, d, M, nbits);
    return kept;
  };
  const loaded = (data: ProductQuantizerData): ProductQuantizer => {
    const pq = quantizer(data.d, data.M, data.nbits);
    pq.setCentroids(data.centroids);
    return pq;
  };
  return {
    async train(x, n, options) {
      const pq = quantizer(options.d, options.M, options.nbits);
      const task = new Task(
        options.signal ? { seed: options.seed, signal: options.signal } : { seed: options.seed },
      );
      await pq.train(viewRows(x, n, options.d), task, {
        niter: options.niter,
        maxPointsPerCentroid: options.maxPointsPerCentroid,
        ...(options.initialCentroids && { initial: options.initialCentroids }),
      });
      return pq.centroids.slice();
    },
    encode(data, x, n) {
      const pq = loaded(data);
      const codes = new Uint8Array(n * pq.codeSize);
      pq.encode(viewRows(x, n, pq.d), codes);
      return codes;
    },
    decode(data, codes, n) {
      const pq = loaded(data);
      const out = new Float32Array(n * pq.d);
      for (let i = 0; i < n; i++) pq.decode(codes, i * pq.codeSize, out.subarray(i * pq.d, (i + 1) * pq.d));
      return out;
    },
    free() {
      kept?.free();
      kept = undefined;
    },
  };
}
