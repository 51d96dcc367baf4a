import {
  type IndexData,
  type IvfFlatDedupData,
  type Metric,
  MISSING_LABEL,
  missingDistance,
} from '@lutra/core';
import { countBelow } from '../count-below.js';
import { assertKind, assertShift } from '../invariants.js';
import type { Lists } from '../invlists/lists.js';
import type {
  IdTest,
  IndexNode,
  NodeParameters,
  ParameterName,
  Prepared,
  RangeSink,
  ResultTable,
} from '../node.js';
import type { Task } from '../task.js';
import type { IvfNode } from './ivf.js';

/** An entry of the lists, by what its row hashes to. */
interface Entry {
  readonly list: number;
  readonly offset: number;
  readonly id: number;
}

/**
 * IndexIVFFlatDedup: vectors as they are, equal ones once, with the ids of the others beside. Range search and
 * reconstruction, which faiss lacks, are those of the vectors; `ntotal` counts every id.
 * @see faiss/IndexIVFFlat.cpp
 */
export class IvfFlatDedupNode implements IndexNode {
  readonly d: number;
  readonly metric: Metric;
  readonly keepsIds = true;
  readonly #ivf: IvfNode;
  readonly #lists: Lists;
  /** Pairs in order: the id in the lists, the id of a vector equal to it. */
  #stored: number[] = [];
  #copies: number[] = [];
  /** Other ids of each id in the lists, and the other way round; made when asked for. */
  #copiesOf: Map<number, number[]> | undefined;
  #storedOf: Map<number, number> | undefined;
  /** What is in the lists, by hash; made when vectors are added. */
  #entries: Map<number, Entry[]> | undefined;

  constructor(ivf: IvfNode, lists: Lists, data?: IvfFlatDedupData) {
    this.#ivf = ivf;
    this.#lists = lists;
    this.d = ivf.d;
    this.metric = ivf.metric;
    const instances = data?.instances ?? new BigInt64Array(0);
    for (let i = 0; i < instances.length; i += 2) {
      this.#stored.push(Number(instances[i]!));
      this.#copies.push(Number(instances[i + 1]!));
    }
  }

  get ntotal(): number {
    return this.#ivf.ntotal + this.#copies.length;
  }

  get isTrained(): boolean {
    return this.#ivf.isTrained;
  }

  train(x: Float32Array, n: number, task: Task): Promise<void> {
    const { rows, count } = distinct(x, n, this.d);
    return this.#ivf.train(rows, count, task);
  }

  reserve(): void {}

  listsOf(x: Float32Array, n: number): Uint32Array {
    return this.#ivf.listsOf(x, n);
  }

  prepare(x: Float32Array, n: number, assign: Uint32Array = this.listsOf(x, n)): Prepared {
    return { assign };
  }

  add(x: Float32Array, n: number, ids: Float64Array | undefined, prepared: Prepared = {}): void {
    const { d } = this;
    const assign = prepared.assign ?? this.listsOf(x, n);
    const given = ids ?? Float64Array.from({ length: n }, (_, i) => this.ntotal + i);
    const fresh: number[] = [];
    const pairs: [number, number][] = [];
    const pending = new Map<number, number[]>();
    for (let i = 0; i < n; i++) {
      const row = x.subarray(i * d, (i + 1) * d);
      const list = assign[i]!;
      const hash = hashOf(row);
      const among = pending.get(hash) ?? [];
      const twin = among.find((j) => assign[j] === list && sameRow(row, x.subarray(j * d, (j + 1) * d)));
      const id = twin === undefined ? this.#find(row, hash, list) : given[twin]!;
      if (id !== undefined) pairs.push([id, given[i]!]);
      else {
        pending.set(hash, [...among, i]);
        fresh.push(i);
      }
    }
    this.#append(x, assign, given, fresh);
    for (const [id, copy] of pairs) {
      this.#stored.push(id);
      this.#copies.push(copy);
    }
    this.#copiesOf = undefined;
    this.#storedOf = undefined;
  }

  #append(x: Float32Array, assign: Uint32Array, ids: Float64Array, rows: readonly number[]): void {
    const { d } = this;
    const own = new Float32Array(rows.length * d);
    for (const [to, i] of rows.entries()) own.set(x.subarray(i * d, (i + 1) * d), to * d);
    const lists = Uint32Array.from(rows, (i) => assign[i]!);
    this.#ivf.add(
      own,
      rows.length,
      Float64Array.from(rows, (i) => ids[i]!),
      { assign: lists },
    );
    const next = new Map<number, number>();
    for (const list of lists) next.set(list, (next.get(list) ?? this.#lists.ids(list).size) - 1);
    for (const [to, i] of rows.entries()) {
      const list = lists[to]!;
      const offset = next.get(list)! + 1;
      next.set(list, offset);
      this.#enter(hashOf(own.subarray(to * d, (to + 1) * d)), { list, offset: offset - 1, id: ids[i]! });
    }
  }

  #enter(hash: number, entry: Entry): void {
    const entries = this.#entries;
    if (!entries) return;
    const others = entries.get(hash);
    if (others) others.push(entry);
    else entries.set(hash, [entry]);
  }

  /** The id under which a row equal to `row` stands in `list`. */
  #find(row: Float32Array, hash: number, list: number): number | undefined {
    if (!this.#entries) this.#readLists();
    const code = new Float32Array(this.d);
    return this.#entries!.get(hash)?.find((entry) => {
      if (entry.list !== list) return false;
      this.#lists.readCode(list, entry.offset, new Uint8Array(code.buffer));
      return sameRow(row, code);
    })?.id;
  }

  #readLists(): void {
    this.#entries = new Map();
    const row = new Float32Array(this.d);
    for (let list = 0; list < this.#lists.nlist; list++) {
      for (const [offset, id] of this.#lists.ids(list).values.entries()) {
        this.#lists.readCode(list, offset, new Uint8Array(row.buffer));
        this.#enter(hashOf(row), { list, offset, id });
      }
    }
  }

  /** Other ids of the vector that stands under `id`. */
  #others(id: number): readonly number[] {
    if (!this.#copiesOf) {
      this.#copiesOf = new Map();
      for (const [i, stored] of this.#stored.entries()) {
        const copies = this.#copiesOf.get(stored);
        if (copies) copies.push(this.#copies[i]!);
        else this.#copiesOf.set(stored, [this.#copies[i]!]);
      }
    }
    return this.#copiesOf.get(id) ?? [];
  }

  /** All ids of the vector that stands under `id`, that pass. */
  #idsOf(id: number, filter: IdTest): number[] {
    const all = [id, ...this.#others(id)];
    return filter ? all.filter(filter) : all;
  }

  /** What lets a vector pass one of whose ids does. */
  #below({ filter, ...parameters }: NodeParameters): NodeParameters {
    return { ...parameters, filter: filter && ((id) => this.#idsOf(id, filter).length > 0) };
  }

  search(x: Float32Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    this.#ivf.search(x, nq, k, this.#below(parameters), out);
    if (this.#copies.length === 0) return;
    for (let q = 0; q < nq; q++) {
      const distances = out.distances.slice(q * k, (q + 1) * k);
      const labels = out.labels.slice(q * k, (q + 1) * k);
      let to = 0;
      for (let i = 0; i < k && to < k && labels[i] !== MISSING_LABEL; i++) {
        for (const id of this.#idsOf(labels[i]!, parameters.filter)) {
          if (to === k) break;
          out.distances[q * k + to] = distances[i]!;
          out.labels[q * k + to++] = id;
        }
      }
      out.distances.fill(missingDistance(this.metric), q * k + to, (q + 1) * k);
      out.labels.fill(MISSING_LABEL, q * k + to, (q + 1) * k);
    }
  }

  rangeSearch(x: Float32Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    this.#ivf.rangeSearch(x, radius, this.#below(parameters), (distance, id) => {
      for (const each of this.#idsOf(id, parameters.filter)) sink(distance, each);
    });
  }

  reconstruct(id: number, out: Float32Array): boolean {
    this.#storedOf ??= new Map(this.#copies.map((copy, i) => [copy, this.#stored[i]!]));
    return this.#ivf.reconstruct(this.#storedOf.get(id) ?? id, out);
  }

  /** A vector whose id in the lists goes stays under the first of its other ids. */
  remove(test: (id: number) => boolean, renumber: boolean): number {
    const before = this.ntotal;
    const gone = this.#everyId().filter(test);
    const goes = new Set(gone);
    const heirs = new Map<number, number>();
    const pairs: [number, number][] = [];
    for (const [i, id] of this.#stored.entries()) {
      const copy = this.#copies[i]!;
      if (goes.has(copy)) continue;
      if (!goes.has(id)) pairs.push([id, copy]);
      else if (heirs.has(id)) pairs.push([heirs.get(id)!, copy]);
      else heirs.set(id, copy);
    }
    for (let list = 0; list < this.#lists.nlist; list++) {
      this.#lists.ids(list).map((id) => heirs.get(id) ?? id);
    }
    this.#ivf.remove((id) => goes.has(id), false);
    const sorted = Float64Array.from(gone).sort();
    const number = (id: number): number => (renumber ? id - countBelow(sorted, id) : id);
    if (renumber) for (let list = 0; list < this.#lists.nlist; list++) this.#lists.ids(list).map(number);
    this.#setPairs(pairs.map(([id, copy]) => [number(id), number(copy)]));
    return before - this.ntotal;
  }

  #everyId(): number[] {
    const ids = [...this.#copies];
    for (let list = 0; list < this.#lists.nlist; list++) ids.push(...this.#lists.ids(list).values);
    return ids;
  }

  #setPairs(pairs: readonly (readonly [number, number])[]): void {
    this.#stored = pairs.map(([id]) => id);
    this.#copies = pairs.map(([, copy]) => copy);
    this.#copiesOf = undefined;
    this.#storedOf = undefined;
    this.#entries = undefined;
  }

  assertMergeable(data: IndexData, addId: number): void {
    assertKind(data, 'IvfFlatDedup');
    assertShift(Float64Array.from(data.instances, Number), addId);
    this.#ivf.assertMergeable({ ...data, kind: 'IvfFlat' } as IndexData, addId);
  }

  /** Vectors equal to one of the other index stand in the lists twice, as in faiss. */
  merge(data: IndexData, addId: number): void {
    const { instances, ...other } = data as IvfFlatDedupData;
    const ntotal = other.ntotal - instances.length / 2;
    this.#ivf.merge({ ...other, kind: 'IvfFlat', ntotal } as IndexData, addId);
    const pairs = this.#stored.map((id, i): [number, number] => [id, this.#copies[i]!]);
    for (let i = 0; i < instances.length; i += 2) {
      pairs.push([Number(instances[i]!) + addId, Number(instances[i + 1]!) + addId]);
    }
    this.#setPairs(pairs);
  }

  reset(): void {
    this.#ivf.reset();
    this.#setPairs([]);
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return this.#ivf.parameters();
  }

  setParameter(name: ParameterName, value: number): void {
    this.#ivf.setParameter(name, value);
  }

  toData(): IvfFlatDedupData {
    const instances = new BigInt64Array(2 * this.#copies.length);
    for (const [i, id] of this.#stored.entries()) {
      instances[2 * i] = BigInt(id);
      instances[2 * i + 1] = BigInt(this.#copies[i]!);
    }
    const ivf = this.#ivf.toData() as IvfFlatDedupData;
    return { ...ivf, kind: 'IvfFlatDedup', ntotal: this.ntotal, instances };
  }
}

/** FNV-1a over the bits of a row. */
function hashOf(row: Float32Array): number {
  const words = new Uint32Array(row.buffer, row.byteOffset, row.length);
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word ^ (word >>> 15), 0x01000193);
  return hash >>> 0;
}

/** Whether two rows have the same bits. */
function sameRow(a: Float32Array, b: Float32Array): boolean {
  const [x, y] = [bitsOf(a), bitsOf(b)];
  return x.every((word, j) => word === y[j]);
}

function bitsOf(row: Float32Array): Uint32Array {
  return new Uint32Array(row.buffer, row.byteOffset, row.length);
}

/** The rows of x, `(n, d)`, without those that are equal to one before. */
function distinct(x: Float32Array, n: number, d: number): { rows: Float32Array; count: number } {
  const rows = new Float32Array(n * d);
  const seen = new Map<number, number[]>();
  let count = 0;
  for (let i = 0; i < n; i++) {
    const row = x.subarray(i * d, (i + 1) * d);
    const hash = hashOf(row);
    const others = seen.get(hash) ?? [];
    if (others.some((j) => sameRow(row, rows.subarray(j * d, (j + 1) * d)))) continue;
    rows.set(row, count * d);
    seen.set(hash, [...others, count++]);
  }
  return { rows: rows.subarray(0, count * d), count };
}
