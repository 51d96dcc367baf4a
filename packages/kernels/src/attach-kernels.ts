import type { AttachedKernels, KernelHandle } from './contract.js';
import { ArenaHost } from './memory/arena-host.js';
import { LinearMemory, RESERVED_BYTES } from './memory/linear-memory.js';
import { scalarKernels } from './scalar-kernels.js';
import { simdKernels } from './simd-kernels.js';
import { type WasmMemory, wasmApi } from './wasm-api.js';

/**
 * The kernels of another thread, over its memory: same level, same code, same bits. Allocations come from an arena of
 * their own, empty until {@link KernelArena.give} is called, so that no two threads are handed the same bytes; pointers
 * of the other thread can be read and written, not freed.
 * @param handle - `Kernels.handle` of the other thread, as a message brought it here
 */
export function attachKernels(handle: KernelHandle): AttachedKernels {
  const host = new ArenaHost(handle.memory as WasmMemory, RESERVED_BYTES);
  const memory = new LinearMemory(host);
  const arena = {
    give: (ptr: number, bytes: number): void => {
      host.refresh();
      memory.addRegion(ptr, bytes);
    },
    takeLack: (): number => host.takeLack(),
  };
  const api = wasmApi();
  const kernels =
    handle.module === undefined || api === undefined
      ? scalarKernels(memory, handle)
      : simdKernels(api, handle.module, host, { level: handle.level, handle, memory });
  return { ...kernels, arena };
}
