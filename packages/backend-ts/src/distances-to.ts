import type { RefiningNode } from './node.js';

/**
 * The distances (or products) of one query, `(d)`, to the stored vectors `ids` of `node`, as exactly as it knows them: what
 * faiss calls a distance computer.
 */
export function distancesTo(node: RefiningNode, x: Float32Array, ids: Float64Array): Float32Array {
  if (node.distancesTo) return node.distancesTo(x, ids);
  const y = new Float32Array(node.d);
  const ip = node.metric === 'ip';
  return Float32Array.from(ids, (id) => {
    node.reconstruct(id, y);
    let sum = 0;
    for (let j = 0; j < y.length; j++) sum += ip ? x[j]! * y[j]! : (x[j]! - y[j]!) ** 2;
    return sum;
  });
}
