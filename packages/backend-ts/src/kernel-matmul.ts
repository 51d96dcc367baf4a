import type { Engine } from './engine.js';
import type { Matmul } from './linalg/index.js';

/** Rows of `a` in kernel memory at a time. */
const BLOCK_ROWS = 1024;

/** Matrix products of row blocks on the dot-product kernel: `a` `(m, k)`, `b` `(k, n)`, or `(n, k)` if transposed. */
export function kernelMatmul(engine: Engine): Matmul {
  return (a, b, m, n, k, transposeB) => {
    const right = transposeB ? b.subarray(0, n * k) : turned(b, k, n);
    const product = new Float32Array(m * n);
    const y = engine.scratchOf('matmul.b', right);
    const out = engine.scratch('matmul.out', Math.min(m, BLOCK_ROWS) * n * 4);
    for (let row = 0; row < m; row += BLOCK_ROWS) {
      const rows = Math.min(BLOCK_ROWS, m - row);
      const x = engine.scratchOf('matmul.a', a.subarray(row * k, (row + rows) * k));
      engine.kernels.ipBlock(x, rows, y, n, k, out);
      product.set(engine.memory.f32(out, rows * n), row * n);
    }
    return product;
  };
}

function turned(x: Float32Array, rows: number, columns: number): Float32Array {
  const out = new Float32Array(rows * columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) out[j * rows + i] = x[i * columns + j]!;
  return out;
}
