import type { BinarySpec } from '@lutra/core';
import { unsupported } from '../create-node.js';
import type { Engine } from '../engine.js';
import type { IndexNode } from '../node.js';
import { BinaryFlatNode } from '../nodes/binary-flat.js';
import { IdMapNode } from '../nodes/id-map.js';

/** An untrained, empty tree of nodes for `spec` over vectors of `d` bits, which have been checked against each other. */
export function createBinaryNode(engine: Engine, spec: BinarySpec, d: number): IndexNode<Uint8Array> {
  switch (spec.kind) {
    case 'BinaryFlat':
      return new BinaryFlatNode(engine, d);
    case 'BinaryIdMap':
    case 'BinaryIdMap2':
      return new IdMapNode(engine, spec.kind, createBinaryNode(engine, spec.base, d));
    default:
      throw unsupported(spec.kind);
  }
}
