import { scratchAssign } from './assign.js';
import type { Kernels } from './contract.js';
import { LinearMemory } from './memory/linear-memory.js';
import type { createWasmHost } from './memory/memory-host.js';
import type { WasmApi } from './wasm-api.js';

type WasmHost = NonNullable<ReturnType<typeof createWasmHost>>;

/** What the module exports: the kernels alone, under the names of the contract. */
type WasmExports = Omit<Kernels, 'level' | 'memory' | 'scratchAssign'>;

/** The `simd128` level: an instance of the compiled module over the host's memory. */
export function simdKernels(api: WasmApi, module: object, host: WasmHost): Kernels {
  const instance = new api.Instance(module, { env: { memory: host.memory } });
  const wasm = instance.exports as unknown as WasmExports;
  return {
    level: 'simd128',
    memory: new LinearMemory(host),
    scratchAssign,
    l2sqrNy: wasm.l2sqrNy,
    ipNy: wasm.ipNy,
    l2sqrByIdx: wasm.l2sqrByIdx,
    ipByIdx: wasm.ipByIdx,
    normsSqr: wasm.normsSqr,
    ipBlock: wasm.ipBlock,
    assignL2: wasm.assignL2,
    assignIp: wasm.assignIp,
    assignSub: wasm.assignSub,
    pqLutL2: wasm.pqLutL2,
    pqLutIp: wasm.pqLutIp,
    pq8Scan: wasm.pq8Scan,
    pq4CodesScan: wasm.pq4CodesScan,
    pq4Scan: wasm.pq4Scan,
  };
}
