import { type WasmMemory, wasmApi } from '../wasm-api.js';

const PAGE = 65536;
const MAX_PAGES = 65536;
/** Growth beyond what is asked, so that a filling index does not grow once a list. */
const WASM_STEP = 16 * 2 ** 20;

/**
 * Bytes that an allocator may use: 4 GiB less one page. The last page stays out, so that the end of every allocation
 * is a number below 2^32 and no pointer wraps to 0 inside a kernel.
 */
export const MEMORY_LIMIT: number = (MAX_PAGES - 1) * PAGE;

/** A buffer that grows and never shrinks. */
export interface MemoryHost {
  readonly buffer: ArrayBufferLike;
  /** Makes `buffer` at least `bytes` long; false when the machine does not give them. Contents are kept. */
  ensure(bytes: number): boolean;
}

/** A host over `WebAssembly.Memory`. */
export interface WasmMemoryHost extends MemoryHost {
  readonly memory: WasmMemory;
}

/** A host over `WebAssembly.Memory`, or undefined where that is missing or refused. */
export function createWasmHost(options: { shared: boolean } = { shared: false }): WasmMemoryHost | undefined {
  const api = wasmApi();
  if (api === undefined) return undefined;
  try {
    return new WasmHost(new api.Memory({ initial: 1, maximum: MAX_PAGES, shared: options.shared }));
  } catch {
    return undefined;
  }
}

/**
 * Whether memory can be given to other threads here: always in Node, in a browser when the page is isolated from other
 * origins, nowhere on a machine that does not reserve 4 GiB of addresses for it.
 */
export function canShareMemory(): boolean {
  const { crossOriginIsolated } = globalThis as { crossOriginIsolated?: boolean };
  if (crossOriginIsolated === false || typeof SharedArrayBuffer === 'undefined') return false;
  return createWasmHost({ shared: true })?.buffer instanceof SharedArrayBuffer;
}

/** A host over plain array buffers, for environments without WebAssembly: growth copies. */
export function createPlainHost(): MemoryHost {
  return new PlainHost();
}

class WasmHost implements WasmMemoryHost {
  readonly memory: WasmMemory;
  /** Asked for many times a search, and dear to ask the memory for. */
  buffer: ArrayBufferLike;

  constructor(memory: WasmMemory) {
    this.memory = memory;
    this.buffer = memory.buffer;
  }

  ensure(bytes: number): boolean {
    const have = this.buffer.byteLength;
    if (bytes <= have) return true;
    const generous = Math.min(Math.max(bytes, have + Math.min(have, WASM_STEP)), MEMORY_LIMIT);
    return this.#growTo(generous) || this.#growTo(bytes);
  }

  #growTo(bytes: number): boolean {
    try {
      this.memory.grow(Math.ceil((bytes - this.buffer.byteLength) / PAGE));
      this.buffer = this.memory.buffer;
      return true;
    } catch {
      return false;
    }
  }
}

class PlainHost implements MemoryHost {
  buffer: ArrayBuffer = new ArrayBuffer(PAGE);

  ensure(bytes: number): boolean {
    const have = this.buffer.byteLength;
    if (bytes <= have) return true;
    return this.#growTo(Math.min(Math.max(bytes, have * 1.5), MEMORY_LIMIT)) || this.#growTo(bytes);
  }

  #growTo(bytes: number): boolean {
    try {
      const grown = new ArrayBuffer(Math.ceil(bytes / PAGE) * PAGE);
      new Uint8Array(grown).set(new Uint8Array(this.buffer));
      this.buffer = grown;
      return true;
    } catch {
      return false;
    }
  }
}
