import { scratchAssign } from './assign.js';
import { boundTableBytes, scratchBounded } from './assign-bounded.js';
import { scratchBoundSelect } from './bound-select.js';
import {
  type KernelHandle,
  type KernelLevel,
  type Kernels,
  type Ptr,
  reservoirCapacity,
} from './contract.js';
import { graphKernels } from './hnsw/graph-kernels.js';
import { LinearMemory } from './memory/linear-memory.js';
import type { WasmMemoryHost } from './memory/memory-host.js';
import { nibbleBytes } from './nibble-rows.js';
import { scratchNibbleSelect } from './nibble-select.js';
import { scratchPqSelect } from './pq-select.js';
import { scratchPq4Select } from './pq4-select.js';
import { scratchRabitqSelect } from './rabitq-select.js';
import { scratchSketchEncode, sketchBytes, sketchQueryBytes } from './sketch.js';
import { scratchSqSelect } from './sq-select.js';
import type { WasmApi } from './wasm-api.js';

/**
 * Rows of x that one call into WebAssembly takes. V8 starts with a quick, slow compilation and changes to the good one
 * between calls, never within one: a single call for a whole training set would run slow to its end. An even number,
 * as rows go in pairs.
 */
const ROWS_A_CALL = 512;

/** What the module exports: the kernels alone, under the names of the contract. */
type WasmExports = Omit<
  Kernels,
  | 'level'
  | 'memory'
  | 'handle'
  | 'scratchAssign'
  | 'boundTableBytes'
  | 'scratchBounded'
  | 'scratchPq4Select'
  | 'scratchBoundSelect'
  | 'nibbleBytes'
  | 'scratchNibbleSelect'
  | 'scratchSqSelect'
  | 'scratchPqSelect'
  | 'scratchRabitqSelect'
  | 'scratchSketchEncode'
  | 'sketchBytes'
  | 'sketchQueryBytes'
  | 'reservoirStart'
  | 'graphBy'
> & {
  reservoirStart(r: Ptr, k: number, capacity: number, threshold: number): void;
};

/** What a set of kernels says about itself; its memory is a new one over the host unless given. */
interface Facts {
  readonly level: KernelLevel;
  readonly handle: KernelHandle | undefined;
  readonly memory?: LinearMemory;
}

/** A WebAssembly level: an instance of its compiled module over the host's memory. */
export function simdKernels(api: WasmApi, module: object, host: WasmMemoryHost, facts: Facts): Kernels {
  const { level, handle, memory = new LinearMemory(host) } = facts;
  const instance = new api.Instance(module, { env: { memory: host.memory } });
  const wasm = instance.exports as unknown as WasmExports;
  return {
    level,
    memory,
    handle,
    scratchAssign,
    l2sqrNy: wasm.l2sqrNy,
    ipNy: wasm.ipNy,
    l2sqrByIdx: wasm.l2sqrByIdx,
    ipByIdx: wasm.ipByIdx,
    normsSqr: wasm.normsSqr,
    ipBlock(x, nx, y, ny, d, out) {
      for (let q = 0; q < nx; q += ROWS_A_CALL) {
        const rows = Math.min(ROWS_A_CALL, nx - q);
        wasm.ipBlock(x + 4 * q * d, rows, y, ny, d, out + 4 * q * ny);
      }
    },
    assignL2(x, nx, y, ny, d, yNormsSqr, outIdx, outDis, scratch) {
      for (let q = 0; q < nx; q += ROWS_A_CALL) {
        const rows = Math.min(ROWS_A_CALL, nx - q);
        wasm.assignL2(x + 4 * q * d, rows, y, ny, d, yNormsSqr, outIdx + 4 * q, outDis + 4 * q, scratch);
      }
    },
    assignIp(x, nx, y, ny, d, outIdx, outDis, scratch) {
      for (let q = 0; q < nx; q += ROWS_A_CALL) {
        const rows = Math.min(ROWS_A_CALL, nx - q);
        wasm.assignIp(x + 4 * q * d, rows, y, ny, d, outIdx + 4 * q, outDis + 4 * q, scratch);
      }
    },
    boundRows: wasm.boundRows,
    assignBoundedL2(x, nx, y, ny, d, norms, basis, m, table, outIdx, outDis, outCount, scratch) {
      for (let q = 0; q < nx; q += ROWS_A_CALL) {
        const n = Math.min(ROWS_A_CALL, nx - q);
        const [xq, idx, dis] = [x + 4 * q * d, outIdx + 4 * q, outDis + 4 * q];
        wasm.assignBoundedL2(xq, n, y, ny, d, norms, basis, m, table, idx, dis, outCount, scratch);
      }
    },
    assignBoundedIp(x, nx, y, ny, d, basis, m, table, outIdx, outDis, outCount, scratch) {
      for (let q = 0; q < nx; q += ROWS_A_CALL) {
        const n = Math.min(ROWS_A_CALL, nx - q);
        const [xq, idx, dis] = [x + 4 * q * d, outIdx + 4 * q, outDis + 4 * q];
        wasm.assignBoundedIp(xq, n, y, ny, d, basis, m, table, idx, dis, outCount, scratch);
      }
    },
    boundTableBytes,
    scratchBounded,
    sumByIdx: wasm.sumByIdx,
    assignSub: wasm.assignSub,
    pqEncode4: wasm.pqEncode4,
    pqEncode8: wasm.pqEncode8,
    pqLutL2: wasm.pqLutL2,
    pqLutIp: wasm.pqLutIp,
    pq8Scan: wasm.pq8Scan,
    pq4CodesScan: wasm.pq4CodesScan,
    sqL2: wasm.sqL2,
    sqIp: wasm.sqIp,
    pqBitsScan: wasm.pqBitsScan,
    pqSelect: wasm.pqSelect,
    scratchPqSelect,
    sqBounds: wasm.sqBounds,
    sqWiden: wasm.sqWiden,
    sqSelect: wasm.sqSelect,
    scratchSqSelect,
    pq4Scan: wasm.pq4Scan,
    pq4Select: wasm.pq4Select,
    scratchPq4Select,
    lutRanges: wasm.lutRanges,
    roundLut: wasm.roundLut,
    residualRanges: wasm.residualRanges,
    roundResiduals: wasm.roundResiduals,
    reservoirStart: (r, k, threshold) => wasm.reservoirStart(r, k, reservoirCapacity(k), threshold),
    selectF32: wasm.selectF32,
    reservoirTake: wasm.reservoirTake,
    reservoirSort: wasm.reservoirSort,
    hammingNy: wasm.hammingNy,
    hammingByIdx: wasm.hammingByIdx,
    additiveScan: wasm.additiveScan,
    additiveDecode: wasm.additiveDecode,
    lsqSettle: wasm.lsqSettle,
    rabitqEncode: wasm.rabitqEncode,
    rabitqScan: wasm.rabitqScan,
    rabitqQuery: wasm.rabitqQuery,
    rabitqSelect: wasm.rabitqSelect,
    scratchRabitqSelect,
    rabitqFromSums: wasm.rabitqFromSums,
    rabitqFull: wasm.rabitqFull,
    int8Encode: wasm.int8Encode,
    int8Records: wasm.int8Records,
    int8Query: wasm.int8Query,
    int12Query: wasm.int12Query,
    int8Bounds: wasm.int8Bounds,
    indicesUpTo: wasm.indicesUpTo,
    boundSelect: wasm.boundSelect,
    scratchBoundSelect,
    sketchEncode: wasm.sketchEncode,
    scratchSketchEncode,
    sketchBytes,
    sketchQuery: wasm.sketchQuery,
    sketchQueryBytes,
    sketchKeys: wasm.sketchKeys,
    sketchSelect: wasm.sketchSelect,
    nibbleEncode: wasm.nibbleEncode,
    nibbleBytes,
    nibbleBounds: wasm.nibbleBounds,
    nibbleSelect: wasm.nibbleSelect,
    scratchNibbleSelect,
    takeIds: wasm.takeIds,
    hnswSearch: wasm.hnswSearch,
    hnswRange: wasm.hnswRange,
    hnswLink: wasm.hnswLink,
    hnswMerge: wasm.hnswMerge,
    graphBy: (distance) => graphKernels(memory, distance),
  };
}
