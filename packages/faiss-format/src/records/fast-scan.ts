import type { FastScanFields, ProductQuantizerData } from '@lutra/core';
import type { Judge } from '../bytes/judge.js';

/** What holds for the fields that the 4-bit FastScan classes share. */
export function checkFastScan(data: FastScanFields, pq: ProductQuantizerData, judge: Judge): void {
  const M2 = pq.M + (pq.M % 2);
  judge.value(pq.nbits === 4, 'pq.nbits', '4', pq.nbits);
  judge.value(data.bbs > 0 && data.bbs % 32 === 0, 'bbs', 'a multiple of 32 above 0', data.bbs);
  judge.value(data.M2 === M2, 'M2', `${M2}, M rounded up to even`, data.M2);
}

/** Bytes of a block: `bbs` vectors of `M2` indexes of 4 bits. */
export function fastScanBlockSize(data: FastScanFields): number {
  return (data.bbs * data.M2) / 2;
}
