import type { WasmMemory } from '../wasm-api.js';
import type { WasmMemoryHost } from './memory-host.js';

/** The memory of another thread, which alone makes it grow: here growth is refused, and what was wanted is noted. */
export class ArenaHost implements WasmMemoryHost {
  readonly memory: WasmMemory;
  readonly #base: number;
  #lack = 0;

  /** @param base - where the allocator over this host begins, and ends as it never grows */
  constructor(memory: WasmMemory, base: number) {
    this.memory = memory;
    this.#base = base;
  }

  get buffer(): ArrayBufferLike {
    return this.memory.buffer;
  }

  ensure(bytes: number): boolean {
    this.#lack = bytes - this.#base;
    return false;
  }

  /** Bytes that were last refused, and 0 from then on. */
  takeLack(): number {
    const lack = this.#lack;
    this.#lack = 0;
    return lack;
  }

  /** Sees what the other thread has added to the memory. */
  refresh(): void {
    this.memory.grow(0);
  }
}
