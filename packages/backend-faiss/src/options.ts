/** How {@link faiss} finds and runs native faiss. */
export interface FaissBackendOptions {
  /** Name or path of the module with the interface of faiss-node, absolute or as a package. `faiss-node` unless told. */
  readonly module?: string;
  /** OpenMP threads of each index; faiss's own choice unless told. */
  readonly threads?: number;
  /**
   * Native copies that an index keeps at once, 1 to 16, each with its own search parameters and as large as the index; 2
   * unless told. A search whose parameters no copy has makes one, at the cost of writing and reading the index.
   */
  readonly copies?: number;
}
