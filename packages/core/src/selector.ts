/**
 * Which ids a search, a range search or a removal looks at. Ids are the labels that results carry.
 * @see faiss/impl/IDSelector.h
 */
export type IdSelector =
  /** `min <= id < max`. */
  | { readonly kind: 'range'; readonly min: number; readonly max: number }
  /** The ids listed, in any order. */
  | { readonly kind: 'list'; readonly ids: ArrayLike<number> }
  /** Bit `id % 8` (lowest first) of byte `id >> 3`; ids past the end are out. */
  | { readonly kind: 'bitmap'; readonly bits: Uint8Array }
  /** Whatever the function says; it must be pure and fast. Not every backend can run one. */
  | { readonly kind: 'predicate'; readonly test: (id: number) => boolean }
  | { readonly kind: 'not'; readonly selector: IdSelector }
  | { readonly kind: 'and'; readonly selectors: readonly IdSelector[] }
  | { readonly kind: 'or'; readonly selectors: readonly IdSelector[] };
