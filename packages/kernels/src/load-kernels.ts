import { LutraError } from '@lutra/core';
import type { KernelSet, LoadKernelsOptions } from './contract.js';
import { LinearMemory } from './memory/linear-memory.js';
import { createPlainHost, createWasmHost } from './memory/memory-host.js';
import { scalarKernels } from './scalar-kernels.js';

/**
 * The kernels of the highest level that runs here, or of the level asked for.
 * @throws LutraError `UNSUPPORTED` when `options.level` cannot run here, saying why
 */
export async function loadKernels(options: LoadKernelsOptions = {}): Promise<KernelSet> {
  const { level } = options;
  if (level !== undefined && level !== 'scalar') {
    throw new LutraError('UNSUPPORTED', `kernels: level ${level} is not built`, {
      feature: `kernel level ${level}`,
      by: '@lutra/kernels',
    });
  }
  return {
    level: 'scalar',
    note: level === 'scalar' ? undefined : 'no other level is built',
    instantiate: () => scalarKernels(new LinearMemory(createWasmHost() ?? createPlainHost())),
  };
}
