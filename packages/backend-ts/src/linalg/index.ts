export type { Matmul, Matrix, MultiplyOptions } from './matmul.js';
export { multiply32, multiply64, multiplyInto } from './matmul.js';
export type { OrthonormalRows } from './orthonormal-rows.js';
export { orthonormalRows } from './orthonormal-rows.js';
export { polarRows } from './polar.js';
export type { SymmetricEigen } from './symmetric-eigen.js';
export { symmetricEigen } from './symmetric-eigen.js';
