/** The part of Node's `worker_threads` that is used here. */
export interface NodeThreads {
  readonly Worker: new (url: URL) => WorkerLike;
  readonly parentPort: {
    postMessage(message: unknown, transfer: ArrayBuffer[]): void;
    on(event: 'message', listener: (message: unknown) => void): void;
  } | null;
}

/** A worker of Node or of a browser. */
export interface WorkerLike {
  postMessage(message: unknown, transfer: ArrayBuffer[]): void;
  terminate(): unknown;
  /** Node's way to listen. */
  on?: unknown;
  /** The browser's. */
  addEventListener?: unknown;
  /** In Node: whether the process waits for it. */
  ref?(): void;
  unref?(): void;
}

/**
 * Node's `worker_threads`, where there is one. Asked for at run time, as an import would be followed by bundlers for
 * browsers.
 */
export function nodeThreads(): NodeThreads | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?: (id: string) => unknown };
  };
  try {
    return process?.getBuiltinModule?.('node:worker_threads') as NodeThreads | undefined;
  } catch {
    return undefined;
  }
}
