import type { FactorySpec, HnswSpec, IndexData } from '@lutra/core';
import type { NodeDistance, Ptr } from '@lutra/kernels';
import type { IndexNode, Vectors } from '../node.js';

/** Stored vectors, or codes of them, as the kernels compare a query with them. */
export interface GraphVectors<V extends Vectors = Float32Array> {
  /** Where the first is. */
  readonly vectors: Ptr;
  /** Components of a vector, or numbers in a code of a product quantizer. */
  readonly d: number;
  /** A kind of the kernels' graph record. */
  readonly kind: number;
  readonly codeSize: number;
  /** Of a scalar quantizer its form, of a product quantizer its bits. */
  readonly code: number;
  /** Distances that no kernel computes; the kind then says whether they are products. */
  readonly distance?: NodeDistance;
  /** Bytes of what a query is made into. */
  readonly tableBytes: number;
  /** Makes a query, `(d)`, ready: `tableBytes` at `table`. */
  prepare(x: V, table: Ptr): void;
}

/** An index whose vectors can be the nodes of a graph. */
export interface GraphStorage<V extends Vectors = Float32Array> extends IndexNode<V> {
  /** The vectors as they are now; of a trained index. */
  graphVectors(): GraphVectors<V>;
}

/** Why graphs over vectors of a spec or of data are not run, if they are not. */
export function refusesStorage(
  storage: HnswSpec['storage'] | FactorySpec | IndexData | null,
): string | undefined {
  if (storage === null) return 'an HNSW without its vectors is not run';
  switch (storage.kind) {
    case 'Flat':
    case 'FlatPanorama':
    case 'Pq':
    case 'TwoLayer':
      return undefined;
    case 'ScalarQuantizer': {
      const type = 'sq' in storage ? storage.sq.qtype : storage.qtype;
      return /^0|tq|eden/.test(type) ? `an HNSW over a scalar quantizer of ${type} is not run` : undefined;
    }
    default:
      return `an HNSW over ${storage.kind} is not run`;
  }
}
