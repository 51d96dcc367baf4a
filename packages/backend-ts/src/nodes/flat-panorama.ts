import type { FlatPanoramaData, IndexData, Metric } from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertKind, assertSame } from '../invariants.js';
import { fromLevels, toLevels } from '../panorama.js';
import { FlatNode } from './flat.js';

/**
 * IndexFlatL2Panorama and IndexFlatIPPanorama: a flat index whose file has its vectors in levels. What these spare faiss in
 * a search, bounds by bytes spare here.
 * @see faiss/IndexFlat.cpp; faiss/impl/Panorama.cpp
 */
export class FlatPanoramaNode extends FlatNode {
  readonly #nLevels: number;
  readonly #batchSize: number;

  constructor(
    engine: Engine,
    d: number,
    metric: Metric,
    { nLevels, batchSize }: Pick<FlatPanoramaData, 'nLevels' | 'batchSize'>,
  ) {
    super(engine, d, metric);
    this.#nLevels = nLevels;
    this.#batchSize = batchSize;
  }

  static load(engine: Engine, data: FlatPanoramaData): FlatPanoramaNode {
    const node = new FlatPanoramaNode(engine, data.d, data.metric, data);
    node.add(fromLevels(data.codes, data.ntotal, data), data.ntotal);
    return node;
  }

  override assertMergeable(data: IndexData): void {
    assertKind(data, 'FlatPanorama');
    assertSame('d', this.d, data.d);
    assertSame('metric', this.metric, data.metric);
  }

  override merge(data: IndexData): void {
    const other = data as FlatPanoramaData;
    this.add(fromLevels(other.codes, other.ntotal, other), other.ntotal);
  }

  override toData(): FlatPanoramaData {
    const { d, ntotal, metric } = this;
    const layout = { d, nLevels: this.#nLevels, batchSize: this.#batchSize };
    const header = { d, ntotal, isTrained: true, metric, metricArg: 0 };
    return { kind: 'FlatPanorama', ...header, ...layout, ...toLevels(this.vectors, ntotal, layout) };
  }
}
