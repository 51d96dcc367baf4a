import type { IndexHeader, TwoLayerData } from '@lutra/core';
import type { Engine } from '../engine.js';
import type { GraphStorage, GraphVectors } from '../hnsw/graph-storage.js';
import { assertSame, assertSameQuantizer } from '../invariants.js';
import type { TwoLayerCodec } from '../quantizers/two-layer.js';
import { CodesNode } from './codes.js';
import { MultiIndexNode } from './multi-index.js';

/**
 * Index2Layer: a coarse centroid and a product code of the residual. Searches, which faiss has only through a graph, compare
 * with all that is stored.
 * @see faiss/Index2Layer.cpp
 */
export class TwoLayerNode extends CodesNode<TwoLayerData> implements GraphStorage {
  readonly #engine: Engine;
  readonly #codec: TwoLayerCodec;

  constructor(engine: Engine, codec: TwoLayerCodec, data?: TwoLayerData) {
    super(engine, classOf(codec), data);
    this.#engine = engine;
    this.#codec = codec;
  }

  graphVectors(): GraphVectors {
    const { d } = this;
    const codec = this.#codec;
    const engine = this.#engine;
    const { codes } = this;
    const { codeSize } = codec;
    const row = new Float32Array(d);
    return {
      vectors: codes.byteOffset,
      d,
      kind: 0,
      codeSize,
      code: 0,
      distance: (x, node) => {
        // memory that has grown has another buffer
        const bytes = codes.buffer === engine.memory.buffer ? codes : this.codes;
        codec.decode(bytes, node * codeSize, row);
        const { floats } = engine;
        let sum = 0;
        for (let j = 0, at = x / 4; j < d; j++) sum += (floats[at + j]! - row[j]!) ** 2;
        return sum;
      },
      tableBytes: d * 4,
      prepare: (x, table) => engine.memory.f32(table, d).set(x),
    };
  }
}

function classOf(codec: TwoLayerCodec) {
  const { coarse, pq, nlist, codeSize, codeSize1 } = codec;
  return {
    kind: 'TwoLayer' as const,
    codec,
    assertMergeable(other: TwoLayerData): void {
      assertSame('nlist', nlist, other.nlist);
      coarse.assertSame(other.quantizer);
      assertSameQuantizer(pq.toData(), other.pq);
    },
    toData: (header: IndexHeader, codes: Uint8Array) => ({
      kind: 'TwoLayer' as const,
      ...header,
      ...{ quantizer: coarse.node.toData(), nlist, pq: pq.toData(), codes },
      quantizerTrainsAlone: coarse.node instanceof MultiIndexNode ? 1 : 0,
      ...{ codeSize1, codeSize2: pq.codeSize, codeSize },
    }),
  };
}
