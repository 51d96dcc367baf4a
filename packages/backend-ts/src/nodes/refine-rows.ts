import { type FlatData, type IndexData, isLutraError, type Metric } from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { keepMask } from '../keep-mask.js';
import type { CandidateTable, RefiningNode, ResultTable } from '../node.js';
import { FarRows, rowsOfFlat } from '../rows/far-rows.js';
import { floatDistance, Selection, writeResults } from '../selection.js';
import { keepStored } from '../stored-ids.js';
import { FlatNode } from './flat.js';

/**
 * The vectors that candidates are compared with again: the first ones in kernel memory, as many as it has room for, the others
 * in further memories or in a file. Of those, the rows of the candidates are brought in when they are compared, so that the
 * same kernels give the same bits.
 */
export class RefineRows implements RefiningNode {
  readonly d: number;
  readonly metric: Metric;
  readonly isTrained = true;
  readonly keepsIds = false;
  readonly #engine: Engine;
  readonly #near: FlatNode;
  readonly #far: FarRows;
  readonly #selection: Selection;

  constructor(engine: Engine, near: FlatNode) {
    const { d, metric } = near;
    this.#engine = engine;
    this.d = d;
    this.metric = metric;
    this.#near = near;
    near.searched = false;
    this.#far = new FarRows(d, {
      shared: engine.kernels.handle !== undefined,
      owned: engine.farBuffers,
    });
    this.#selection = new Selection(engine, 'refine.reservoirs');
  }

  static fromData(engine: Engine, data: FlatData): RefineRows {
    const { d, metric, vectors, more = [] } = data;
    const adopted = FlatNode.adopt(engine, data);
    const node = new RefineRows(engine, adopted ?? new FlatNode(engine, d, metric));
    if (!adopted) node.add(vectors, vectors.length / d);
    for (const piece of more) node.#far.take(piece);
    return node;
  }

  get ntotal(): number {
    return this.#near.ntotal + this.#far.size;
  }

  async train(): Promise<void> {}

  reserve(n: number): void {
    const near = this.#nearRoom(n);
    if (n > near) this.#far.reserve(n - near);
  }

  /** How many of the next `n` rows go to kernel memory, which then has room for them. */
  #nearRoom(n: number): number {
    // rows have one order: behind one that is outside there is none inside
    if (this.#far.size > 0) return 0;
    const most = Math.floor(this.#engine.refineBytes / (4 * this.d)) - this.#near.ntotal;
    const near = Math.max(0, Math.min(n, most));
    try {
      this.#near.reserve(near);
      return near;
    } catch (e) {
      if (!isLutraError(e, 'CAPACITY')) throw e;
      return 0;
    }
  }

  add(x: Float32Array, n: number): void {
    const near = this.#nearRoom(n);
    const rest = x.subarray(near * this.d, n * this.d);
    // room first: what fails leaves all as it was
    if (n > near) this.#far.reserve(n - near);
    if (near > 0) this.#near.add(x, near);
    if (n > near) this.#far.append(rest);
  }

  rerank(x: Float32Array, nq: number, k: number, among: CandidateTable, out: ResultTable): void {
    if (this.#far.size === 0) {
      this.#near.rerank(x, nq, k, among, out);
      return;
    }
    const { d, metric } = this;
    const engine = this.#engine;
    const selection = this.#selection;
    const query = engine.scratchOf('refine.queries', x.subarray(0, nq * d));
    const outcome = { k, metric, distance: floatDistance(metric), label: (position: number) => position };
    for (let q = 0; q < nq; q++) {
      const ids = among.ids + q * among.stride * 4;
      const n = keepStored(engine, ids, among.counts[q]!, this.ntotal);
      // those inside first, and a file is read from front to back
      engine.memory.u32(ids, n).sort();
      const values = this.#compare(query + q * d * 4, ids, n);
      selection.start(1, k, FLOAT_KEYS);
      engine.kernels.selectF32(values, n, metric === 'ip', 0, ids, selection.reservoir(0));
      writeResults(engine, selection, 0, outcome, out, q * k);
    }
  }

  /** The distances of a query to the rows of `n` rising ids, f32; scratch until the next call. */
  #compare(query: Ptr, ids: Ptr, n: number): Ptr {
    const { d, metric } = this;
    const engine = this.#engine;
    const { kernels } = engine;
    const { ntotal } = this.#near;
    const out = engine.scratch('refine.distances', n * 4);
    const rows = engine.scratch('refine.rows', n * d * 4);
    const wanted = engine.memory.u32(ids, n);
    let inside = 0;
    while (inside < n && wanted[inside]! < ntotal) inside++;
    const { floats } = engine;
    for (let i = inside; i < n; i++) this.#far.readRow(wanted[i]! - ntotal, floats, (rows >>> 2) + i * d);
    const [at, from] = [rows + inside * d * 4, out + inside * 4];
    if (metric === 'ip') {
      kernels.ipByIdx(query, this.#near.rows, d, ids, inside, out);
      kernels.ipNy(query, at, d, n - inside, from);
    } else {
      kernels.l2sqrByIdx(query, this.#near.rows, d, ids, inside, out);
      kernels.l2sqrNy(query, at, d, n - inside, from);
    }
    return out;
  }

  distancesTo(x: Float32Array, ids: Float64Array): Float32Array {
    if (this.#far.size === 0) return this.#near.distancesTo(x, ids);
    const { d, metric } = this;
    const n = ids.length;
    const engine = this.#engine;
    const query = engine.scratchOf('refine.queries', x);
    const rows = engine.scratch('refine.rows', n * d * 4);
    const out = engine.scratch('refine.distances', n * 4);
    for (let i = 0; i < n; i++) this.reconstruct(ids[i]!, engine.memory.f32(rows + i * d * 4, d));
    if (metric === 'ip') engine.kernels.ipNy(query, rows, d, n, out);
    else engine.kernels.l2sqrNy(query, rows, d, n, out);
    return engine.memory.f32(out, n);
  }

  reconstruct(id: number, out: Float32Array): boolean {
    const { ntotal } = this.#near;
    if (id < ntotal) return this.#near.reconstruct(id, out);
    if (id >= this.ntotal) return false;
    this.#far.read(id - ntotal, 1, out);
    return true;
  }

  remove(test: (id: number) => boolean): number {
    const keep = keepMask(this.ntotal, test);
    const { ntotal } = this.#near;
    const before = this.ntotal;
    this.#far.retain(keep.subarray(ntotal));
    this.#near.remove((id) => keep[id] === 0);
    return before - this.ntotal;
  }

  assertMergeable(data: IndexData): void {
    this.#near.assertMergeable(data);
  }

  merge(data: IndexData): void {
    const other = data as FlatData;
    this.reserve(other.ntotal);
    const before = this.ntotal;
    try {
      for (const rows of rowsOfFlat(other)) this.add(rows, rows.length / this.d);
    } catch (e) {
      this.remove((id) => id >= before);
      throw e;
    }
  }

  reset(): void {
    this.#near.reset();
    this.#far.clear();
  }

  dispose(): void {
    this.#far.close();
  }

  parameters(): Record<string, never> {
    return {};
  }

  setParameter(): void {}

  toData(): FlatData {
    const data = { ...(this.#near.toData() as FlatData), ntotal: this.ntotal };
    return this.#far.size === 0 ? data : { ...data, more: this.#far.toData() };
  }
}
