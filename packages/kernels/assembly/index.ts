export { assignIp, assignL2 } from './assign';
export { assignBoundedIp, assignBoundedL2, boundRows } from './assign-bounded';
export { assignSub } from './assign-sub';
export { ipByIdx, ipNy, l2sqrByIdx, l2sqrNy, normsSqr } from './distance';
export { ipBlock } from './ip-block';
export { pqLutIp, pqLutL2 } from './pq-lut';
export { pq4CodesScan, pq8Scan } from './pq-scan';
export { pq4Scan } from './pq4-scan';
export { sumByIdx } from './sum-by-idx';
