/**
 * The abstract syntax of faiss's strings of binary indexes, one node a class. Checked against faiss 1.15
 * (`index_binary_factory` in `faiss/index_factory.cpp`).
 */
export type BinarySpec =
  | BinaryFlatSpec
  | BinaryIvfSpec
  | BinaryHnswSpec
  | BinaryHashSpec
  | BinaryMultiHashSpec
  | BinaryIdMapSpec;

/** `BFlat`: the vectors, compared one by one. */
export interface BinaryFlatSpec {
  readonly kind: 'BinaryFlat';
}
/** `BIVFn` and `BIVFn_HNSWm`: vectors in `nlist` lists, whose centroids are searched one by one or by a graph. */
export interface BinaryIvfSpec {
  readonly kind: 'BinaryIvf';
  readonly nlist: number;
  readonly coarse: BinaryFlatSpec | BinaryHnswSpec;
}
/** `BHNSWm`: a graph with m neighbours a vector. */
export interface BinaryHnswSpec {
  readonly kind: 'BinaryHnsw';
  readonly M: number;
}
/** `BHashb`: a table by the first b bits. */
export interface BinaryHashSpec {
  readonly kind: 'BinaryHash';
  readonly b: number;
}
/** `BHashnxb`: n tables, by b bits each, one behind the other. */
export interface BinaryMultiHashSpec {
  readonly kind: 'BinaryMultiHash';
  readonly nhash: number;
  readonly b: number;
}
/** `IDMap,…` and `IDMap2,…`: caller's ids in front of an index that counts from 0. */
export interface BinaryIdMapSpec {
  readonly kind: 'BinaryIdMap' | 'BinaryIdMap2';
  readonly base: BinarySpec;
}
