/** The part of faiss-node that is used. Arrays are plain ones, every call blocks, and most faults end the process. */
export interface NativeIndex {
  ntotal(): number;
  isTrained(): boolean;
  getDimension(): number;
  train(x: readonly number[]): void;
  add(x: readonly number[]): void;
  search(x: readonly number[], k: number): { distances: number[]; labels: number[] };
  write(path: string): void;
}

/** What `require('faiss-node')` gives. */
export interface NativeModule {
  readonly Index: {
    fromFactory(d: number, factory: string, metric: number): NativeIndex;
    read(path: string): NativeIndex;
  };
}

/** Whether `x` looks like faiss-node. */
export function isNativeModule(x: unknown): x is NativeModule {
  const Index = (x as { Index?: Partial<NativeModule['Index']> } | undefined)?.Index;
  return typeof Index?.fromFactory === 'function' && typeof Index.read === 'function';
}
