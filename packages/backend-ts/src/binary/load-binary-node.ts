import type { IndexData } from '@lutra/core';
import { unsupported } from '../create-node.js';
import type { Engine } from '../engine.js';
import { HnswGraph } from '../hnsw/hnsw-graph.js';
import type { IndexNode } from '../node.js';
import { BinaryFlatNode } from '../nodes/binary-flat.js';
import { BinaryHashNode } from '../nodes/binary-hash.js';
import { loadBinaryIvf } from '../nodes/binary-ivf.js';
import { HnswNode } from '../nodes/hnsw.js';
import { IdMapNode } from '../nodes/id-map.js';

/**
 * A tree of nodes in the state of a binary index, whose arrays are copied into kernel memory, but for those that were given
 * over to the engine.
 * @throws LutraError `UNSUPPORTED` for what the engine does not run
 */
export function loadBinaryNode(engine: Engine, data: IndexData): IndexNode<Uint8Array> {
  switch (data.kind) {
    case 'BinaryFlat':
      return BinaryFlatNode.fromData(engine, data);
    case 'BinaryIvf':
      return loadBinaryIvf(engine, data, loadBinaryNode(engine, data.quantizer));
    case 'BinaryHnsw': {
      const storage = loadBinaryNode(engine, data.storage) as BinaryFlatNode;
      return new HnswNode(engine, HnswGraph.fromData(engine, data.hnsw), storage);
    }
    case 'BinaryHash':
    case 'BinaryMultiHash':
      return BinaryHashNode.fromData(engine, data);
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
      return new IdMapNode(engine, data.kind, loadBinaryNode(engine, data.base), data.ids);
    default:
      throw unsupported(data.kind);
  }
}
