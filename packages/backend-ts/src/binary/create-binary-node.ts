import type { BinarySpec } from '@lutra/core';
import type { Engine } from '../engine.js';
import { HnswGraph } from '../hnsw/hnsw-graph.js';
import type { IndexNode } from '../node.js';
import { BinaryFlatNode } from '../nodes/binary-flat.js';
import { BinaryHashNode } from '../nodes/binary-hash.js';
import { createBinaryIvf } from '../nodes/binary-ivf.js';
import { HnswNode } from '../nodes/hnsw.js';
import { IdMapNode } from '../nodes/id-map.js';

/** An untrained, empty tree of nodes for `spec` over vectors of `d` bits, which have been checked against each other. */
export function createBinaryNode(engine: Engine, spec: BinarySpec, d: number): IndexNode<Uint8Array> {
  switch (spec.kind) {
    case 'BinaryFlat':
      return new BinaryFlatNode(engine, d);
    case 'BinaryIvf':
      return createBinaryIvf(engine, createBinaryNode(engine, spec.coarse, d), spec.nlist);
    case 'BinaryHnsw':
      return new HnswNode(engine, HnswGraph.ofM(engine, spec.M), new BinaryFlatNode(engine, d));
    case 'BinaryHash':
      return new BinaryHashNode(engine, { ...spec, d, nhash: 1 });
    case 'BinaryMultiHash':
      return new BinaryHashNode(engine, { ...spec, d });
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
      return new IdMapNode(engine, spec.kind, createBinaryNode(engine, spec.base, d));
  }
}
