import * as assign from './assign.js';
import * as bounded from './assign-bounded.js';
import { assignSub } from './assign-sub.js';
import type { KernelHandle, Kernels } from './contract.js';
import * as distance from './distance.js';
import type { LinearMemory } from './memory/linear-memory.js';
import { pqLutIp, pqLutL2 } from './pq-lut.js';
import { pq4CodesScan, pq8Scan } from './pq-scan.js';
import { pq4Scan } from './pq4-scan.js';
import { sumByIdx } from './sum-by-idx.js';

/** The plain TypeScript level: reference, fallback and baseline in one. */
export function scalarKernels(memory: LinearMemory, handle: KernelHandle | undefined): Kernels {
  return {
    level: 'scalar',
    memory,
    handle,
    l2sqrNy: (...a) => distance.l2sqrNy(memory, ...a),
    ipNy: (...a) => distance.ipNy(memory, ...a),
    l2sqrByIdx: (...a) => distance.l2sqrByIdx(memory, ...a),
    ipByIdx: (...a) => distance.ipByIdx(memory, ...a),
    normsSqr: (...a) => distance.normsSqr(memory, ...a),
    ipBlock: (...a) => distance.ipBlock(memory, ...a),
    assignL2: (...a) => assign.assignL2(memory, ...a),
    assignIp: (...a) => assign.assignIp(memory, ...a),
    scratchAssign: assign.scratchAssign,
    boundRows: () => {},
    assignBoundedL2: (...a) => bounded.assignBoundedL2(memory, ...a),
    assignBoundedIp: (...a) => bounded.assignBoundedIp(memory, ...a),
    boundTableBytes: bounded.boundTableBytes,
    scratchBounded: bounded.scratchBounded,
    sumByIdx: (...a) => sumByIdx(memory, ...a),
    assignSub: (...a) => assignSub(memory, ...a),
    pqLutL2: (...a) => pqLutL2(memory, ...a),
    pqLutIp: (...a) => pqLutIp(memory, ...a),
    pq8Scan: (...a) => pq8Scan(memory, ...a),
    pq4CodesScan: (...a) => pq4CodesScan(memory, ...a),
    pq4Scan: (...a) => pq4Scan(memory, ...a),
  };
}
