import { type IndexData, type LoadContext, type LoadTarget, LutraError, type VectorIndex } from '@lutra/core';
import { MEMORY_LIMIT } from '@lutra/kernels';
import type { Engine } from './engine.js';

/** Arrays that parts of an index keep as they are in the data: vectors, codes, ids, centroids and links, by their paths. */
const KEPT = /(^|\.)(vectors|centroids|refineCodes|hnsw\.neighbors|(codes|ids)(\[\d+\])?)$/;

/** The vectors that candidates are compared with again, and those of them that go elsewhere. */
const REFINING = /(^|\.)refine\.vectors$/;
const FAR = /(^|\.)refine\.more\[\d+\]$/;
const BLOCK_BYTES = 64 * 2 ** 20;
/** Kernel memory that is left free for scratch, for threads, and for arrays that are copied. */
const LEFT_FREE = 512 * 2 ** 20;

/**
 * Bytes of kernel memory for vectors of a refinement, `bytes` altogether, behind what has been read of the index: all of them
 * where they fit and nothing else was said.
 */
function nearRoom({ memory, refineBytes, limitsRefine }: Engine, bytes: number, shared: boolean): number {
  if (limitsRefine || !shared) return refineBytes;
  const free = MEMORY_LIMIT - LEFT_FREE - memory.allocatedBytes;
  return bytes <= free ? bytes : Math.max(0, Math.min(free, refineBytes));
}

function farMemory(engine: Engine, bytes: number, shared: boolean): Uint8Array | undefined {
  try {
    const buffer = shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
    engine.farBuffers.add(buffer);
    return new Uint8Array(buffer);
  } catch (cause) {
    const message = `load: no memory for a further block of ${bytes} bytes`;
    throw new LutraError('CAPACITY', message, { wanted: bytes, what: 'bytes of memory' }, { cause });
  }
}

/**
 * Where the engine wants the arrays of an index: in the memory that the index will have. Only in shared memory, whose
 * growth moves nothing; elsewhere arrays are copied when the index is loaded.
 */
export function loadTarget(
  engine: Engine,
  load: (data: IndexData, context: LoadContext) => VectorIndex,
): LoadTarget {
  const { memory } = engine;
  const shared = engine.kernels.handle !== undefined;
  return {
    allocate(bytes, { path }): Uint8Array | undefined {
      if (bytes > 0 && FAR.test(path)) return farMemory(engine, bytes, shared);
      if (!shared || bytes === 0 || !KEPT.test(path)) return undefined;
      const array = memory.u8(memory.alloc(bytes), bytes);
      engine.giveOver(array);
      return array;
    },
    pieces(bytes, { rowBytes, path }): number[] | undefined {
      if (!REFINING.test(path) || rowBytes === 0) return undefined;
      const room = nearRoom(engine, bytes, shared);
      if (bytes <= room) return undefined;
      const near = Math.floor(room / rowBytes) * rowBytes;
      const block = Math.max(1, Math.floor(BLOCK_BYTES / rowBytes)) * rowBytes;
      const sizes = [near];
      for (let at = near; at < bytes; at += block) sizes.push(Math.min(block, bytes - at));
      return sizes;
    },
    async load(data, context = {}): Promise<VectorIndex> {
      const index = load(data, context);
      engine.freeGiven();
      return index;
    },
  };
}
