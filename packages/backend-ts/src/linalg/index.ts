export type { Matmul } from './matmul.js';
export { multiply32, multiply64 } from './matmul.js';
export { orthonormalRows } from './orthonormal-rows.js';
export { polarRows } from './polar.js';
export { solvePositive } from './solve-positive.js';
export { symmetricEigen } from './symmetric-eigen.js';
