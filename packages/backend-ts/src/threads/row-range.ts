import type { FlatData } from '@lutra/core';
import type { Engine } from '../engine.js';
import { searchInSteps, table } from '../k-nearest.js';
import type { NodeParameters } from '../node.js';
import { FlatNode } from '../nodes/flat.js';

/** A few of the rows of a flat index, where they are, searched by themselves. */
export class RowRange {
  readonly #node: FlatNode;
  readonly #start: number;

  /** @param data - the whole index, in the memory of `engine` */
  constructor(engine: Engine, data: FlatData, start: number, end: number) {
    const { d } = data;
    const vectors = engine.memory.f32(data.vectors.byteOffset + 4 * start * d, (end - start) * d);
    // what was given for the whole does not fit a part
    engine.givenBounds.delete(vectors.byteOffset);
    engine.giveOver(vectors);
    this.#node = FlatNode.fromData(engine, { ...data, ntotal: end - start, vectors });
    this.#start = start;
  }

  /** The k nearest of these rows to each query, `(nq, k)`, under their numbers in the whole. */
  search(x: Float32Array, k: number, parameters: NodeParameters): ReturnType<typeof table> {
    const { d, metric } = this.#node;
    const { filter } = parameters;
    const start = this.#start;
    const shifted = filter && ((id: number) => filter(id + start));
    const out = table(x.length / d, k, metric);
    for (const _ of searchInSteps(this.#node, x, { ...parameters, filter: shifted }, out));
    for (let i = 0; i < out.labels.length; i++) if (out.labels[i]! >= 0) out.labels[i]! += start;
    return out;
  }
}
