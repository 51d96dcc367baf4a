import { additiveDecode, additiveScan, lsqSettle } from './additive.js';
import * as assign from './assign.js';
import * as bounded from './assign-bounded.js';
import { assignSub } from './assign-sub.js';
import { boundSelect, scratchBoundSelect } from './bound-select.js';
import type { KernelHandle, Kernels } from './contract.js';
import * as distance from './distance.js';
import { hammingByIdx, hammingNy } from './hamming.js';
import { graphKernels } from './hnsw/graph-kernels.js';
import { hnswLink, hnswMerge } from './hnsw/hnsw-build.js';
import { hnswRange, hnswSearch } from './hnsw/hnsw-search.js';
import * as int8 from './int8-rows.js';
import type { LinearMemory } from './memory/linear-memory.js';
import * as nibble from './nibble-rows.js';
import { nibbleSelect, scratchNibbleSelect } from './nibble-select.js';
import { pqBitsScan } from './pq-bits-scan.js';
import { pqEncode4, pqEncode8 } from './pq-encode.js';
import { pqLutIp, pqLutL2 } from './pq-lut.js';
import { pq4CodesScan, pq8Scan } from './pq-scan.js';
import { pqSelect, scratchPqSelect } from './pq-select.js';
import { pq4Scan } from './pq4-scan.js';
import { pq4Select, scratchPq4Select } from './pq4-select.js';
import { lutRanges, residualRanges, roundLut, roundResiduals } from './quantize-lut.js';
import * as rabitq from './rabitq.js';
import { rabitqEncode } from './rabitq-encode.js';
import { rabitqQuery, rabitqSelect, scratchRabitqSelect } from './rabitq-select.js';
import * as reservoir from './reservoir.js';
import * as sketch from './sketch.js';
import { sqBounds, sqIp, sqL2, sqWiden } from './sq-scan.js';
import { scratchSqSelect, sqSelect } from './sq-select.js';
import { sumByIdx } from './sum-by-idx.js';
import { takeIds } from './take-ids.js';

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
    pqEncode4: (...a) => pqEncode4(memory, ...a),
    pqEncode8: (...a) => pqEncode8(memory, ...a),
    pqLutL2: (...a) => pqLutL2(memory, ...a),
    pqLutIp: (...a) => pqLutIp(memory, ...a),
    pq8Scan: (...a) => pq8Scan(memory, ...a),
    pq4CodesScan: (...a) => pq4CodesScan(memory, ...a),
    sqL2: (...a) => sqL2(memory, ...a),
    sqIp: (...a) => sqIp(memory, ...a),
    pqBitsScan: (...a) => pqBitsScan(memory, ...a),
    pqSelect: (...a) => pqSelect(memory, ...a),
    scratchPqSelect,
    sqBounds: (...a) => sqBounds(memory, ...a),
    sqWiden: (...a) => sqWiden(memory, ...a),
    sqSelect: (...a) => sqSelect(memory, ...a),
    scratchSqSelect,
    pq4Scan: (...a) => pq4Scan(memory, ...a),
    pq4Select: (visits, nvisits, bbs, M2, flip) => pq4Select(memory, visits, nvisits, bbs, M2, flip),
    scratchPq4Select,
    lutRanges: (...a) => lutRanges(memory, ...a),
    roundLut: (...a) => roundLut(memory, ...a),
    residualRanges: (...a) => residualRanges(memory, ...a),
    roundResiduals: (...a) => roundResiduals(memory, ...a),
    reservoirStart: (...a) => reservoir.reservoirStart(memory, ...a),
    selectF32: (...a) => reservoir.selectF32(memory, ...a),
    reservoirTake: (r) => reservoir.reservoirTake(memory, r),
    reservoirSort: (r) => reservoir.reservoirSort(memory, r),
    hammingNy: (...a) => hammingNy(memory, ...a),
    hammingByIdx: (...a) => hammingByIdx(memory, ...a),
    additiveScan: (...a) => additiveScan(memory, ...a),
    additiveDecode: (...a) => additiveDecode(memory, ...a),
    lsqSettle: (...a) => lsqSettle(memory, ...a),
    rabitqEncode: (...a) => rabitqEncode(memory, ...a),
    rabitqScan: (...a) => rabitq.rabitqScan(memory, ...a),
    rabitqQuery: (...a) => rabitqQuery(memory, ...a),
    rabitqSelect: (...a) => rabitqSelect(memory, ...a),
    scratchRabitqSelect,
    rabitqFromSums: (...a) => rabitq.rabitqFromSums(memory, ...a),
    rabitqFull: (...a) => rabitq.rabitqFull(memory, ...a),
    int8Encode: (...a) => int8.int8Encode(memory, ...a),
    int8Records: (...a) => int8.int8Records(memory, ...a),
    int8Query: (...a) => int8.int8Query(memory, ...a),
    int12Query: (...a) => int8.int12Query(memory, ...a),
    int8Bounds: (...a) => int8.int8Bounds(memory, ...a),
    indicesUpTo: (...a) => int8.indicesUpTo(memory, ...a),
    boundSelect: (visits, nvisits, x, d, _dCodes, _u, _weights, ip, r) =>
      boundSelect(memory, visits, nvisits, x, d, ip, r),
    scratchBoundSelect,
    nibbleEncode: (rows, n, d, out) => nibble.nibbleEncode(memory, rows, n, d, out),
    nibbleBytes: nibble.nibbleBytes,
    nibbleBounds: (form, n, x, d, ip, out) => nibble.nibbleBounds(memory, form, n, x, d, ip, out),
    nibbleSelect: (visits, nvisits, d, ip) => nibbleSelect(memory, visits, nvisits, d, ip),
    scratchNibbleSelect,
    sketchEncode: (rows, rests, n, d, out) => sketch.sketchEncode(memory, rows, rests, n, d, out),
    scratchSketchEncode: sketch.scratchSketchEncode,
    sketchBytes: sketch.sketchBytes,
    sketchQuery: (...a) => sketch.sketchQuery(memory, ...a),
    sketchQueryBytes: sketch.sketchQueryBytes,
    sketchKeys: (...a) => sketch.sketchKeys(memory, ...a),
    sketchSelect: (visits, nvisits, d, ip) => sketch.sketchSelect(memory, visits, nvisits, d, ip),
    takeIds: (...a) => takeIds(memory, ...a),
    hnswSearch: (...a) => hnswSearch(memory, ...a),
    hnswRange: (...a) => hnswRange(memory, ...a),
    hnswLink: (g, x, id, level) => hnswLink(memory, g, x, id, level),
    hnswMerge: (g, node, level, incoming, n) => hnswMerge(memory, g, node, level, incoming, n),
    graphBy: (distance) => graphKernels(memory, distance),
  };
}
