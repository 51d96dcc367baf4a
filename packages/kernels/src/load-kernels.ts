import { LutraError } from '@lutra/core';
import type { KernelLevel, KernelSet, Kernels, LoadKernelsOptions } from './contract.js';
import { LinearMemory } from './memory/linear-memory.js';
import { createPlainHost, createWasmHost } from './memory/memory-host.js';
import { scalarKernels } from './scalar-kernels.js';
import { simdKernels } from './simd-kernels.js';
import type { WasmApi } from './wasm-api.js';
import { simdModule } from './wasm-module.js';

const LEVELS: readonly KernelLevel[] = ['scalar', 'simd128', 'relaxed-simd'];

/**
 * The kernels of the highest level that runs here, or of the level asked for. WebAssembly is compiled once a process;
 * a fallback to `scalar` is told in `note`.
 * @throws LutraError `UNSUPPORTED` when `options.level` cannot run here, saying why; `ARGUMENT` when it is no level;
 *   `BACKEND` when the package was not built
 */
export async function loadKernels(options: LoadKernelsOptions = {}): Promise<KernelSet> {
  const { level } = options;
  if (level !== undefined && !LEVELS.includes(level)) {
    throw new LutraError('ARGUMENT', `kernels: no level '${level}', there are ${LEVELS.join(', ')}`, {
      argument: 'level',
      value: level,
      expected: LEVELS.join(' | '),
    });
  }
  if (level === 'scalar') return scalarSet(undefined);
  if (level === 'relaxed-simd') throw unsupported(level, 'it is not built');
  const attempt = await simdModule();
  if (attempt.api !== undefined) return simdSet(attempt.api, attempt.module);
  if (level === 'simd128') throw unsupported(level, attempt.reason);
  return scalarSet(`simd128 is not used: ${attempt.reason}`);
}

function scalarSet(note: string | undefined): KernelSet {
  return {
    level: 'scalar',
    note,
    instantiate: () => scalarKernels(new LinearMemory(createWasmHost() ?? createPlainHost())),
  };
}

function simdSet(api: WasmApi, module: object): KernelSet {
  return {
    level: 'simd128',
    note: undefined,
    instantiate: (): Kernels => {
      const host = createWasmHost();
      if (host !== undefined) return simdKernels(api, module, host);
      throw new LutraError('CAPACITY', 'kernels: the machine gives no further WebAssembly memory', {
        what: 'WebAssembly memories',
      });
    },
  };
}

function unsupported(level: KernelLevel, why: string): LutraError {
  return new LutraError('UNSUPPORTED', `kernels: level ${level} does not run here: ${why}`, {
    feature: `kernel level ${level}`,
    by: '@lutra/kernels',
  });
}
