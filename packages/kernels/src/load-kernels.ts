import { LutraError } from '@lutra/core';
import type { KernelHandle, KernelLevel, KernelSet, Kernels, LoadKernelsOptions } from './contract.js';
import { LinearMemory } from './memory/linear-memory.js';
import { canShareMemory, createPlainHost, createWasmHost } from './memory/memory-host.js';
import { switchOnRelaxedSimd } from './relaxed-flag.js';
import { scalarKernels } from './scalar-kernels.js';
import { simdKernels } from './simd-kernels.js';
import type { WasmApi } from './wasm-api.js';
import { WASM_LEVELS, type WasmLevel, wasmModule } from './wasm-module.js';

const LEVELS: readonly KernelLevel[] = ['scalar', 'simd128', 'relaxed-simd'];

/**
 * The kernels of the highest level that runs here, or of the level asked for. WebAssembly is compiled once a process;
 * a fallback to a lower level is told in `note`.
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
  const shared = options.shared !== false && canShareMemory();
  if (level === 'scalar') return scalarSet(shared, undefined);
  if (options.experimentalRelaxedSimd && level !== 'simd128') switchOnRelaxedSimd();
  const reasons: string[] = [];
  for (const wanted of level === undefined ? WASM_LEVELS : [level]) {
    const attempt = await wasmModule(wanted, shared);
    if (attempt.api !== undefined) return wasmSet({ ...attempt, level: wanted, shared }, reasons);
    if (level !== undefined) throw unsupported(level, attempt.reason);
    reasons.push(`${wanted} is not used: ${attempt.reason}`);
  }
  return scalarSet(shared, reasons.join('; '));
}

function scalarSet(shared: boolean, note: string | undefined): KernelSet {
  return {
    level: 'scalar',
    note,
    shared,
    instantiate: (): Kernels => {
      const host = createWasmHost({ shared });
      if (host === undefined) return scalarKernels(new LinearMemory(createPlainHost()), undefined);
      const handle = { level: 'scalar', module: undefined, memory: host.memory } as const;
      return scalarKernels(new LinearMemory(host), shared ? handle : undefined);
    },
  };
}

interface WasmBuild {
  readonly api: WasmApi;
  readonly module: object;
  readonly level: WasmLevel;
  readonly shared: boolean;
}

function wasmSet({ api, module, level, shared }: WasmBuild, reasons: readonly string[]): KernelSet {
  return {
    level,
    note: reasons.length > 0 ? reasons.join('; ') : undefined,
    shared,
    instantiate: (): Kernels => {
      const host = createWasmHost({ shared });
      if (host === undefined) {
        throw new LutraError('CAPACITY', 'kernels: the machine gives no further WebAssembly memory', {
          what: 'WebAssembly memories',
        });
      }
      const handle: KernelHandle = { level, module, memory: host.memory };
      return simdKernels(api, module, host, { level, handle: shared ? handle : undefined });
    },
  };
}

function unsupported(level: KernelLevel, why: string): LutraError {
  return new LutraError('UNSUPPORTED', `kernels: level ${level} does not run here: ${why}`, {
    feature: `kernel level ${level}`,
    by: '@lutra/kernels',
  });
}
