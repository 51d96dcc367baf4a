import {
  type BinaryFlatData,
  type BinaryHashData,
  type BinaryHeader,
  type BinaryMultiHashData,
  type IndexData,
  LutraError,
} from '@lutra/core';
import { FLOAT_KEYS, type Ptr } from '@lutra/kernels';
import { readBits, writeBits } from '../binary/bit-string.js';
import { HashTable } from '../binary/hash-table.js';
import { countBelow } from '../count-below.js';
import type { Engine } from '../engine.js';
import { GrowingStore } from '../growing-store.js';
import { IdTable } from '../id-table.js';
import { assertKind, assertSame, assertShift } from '../invariants.js';
import { IdList } from '../invlists/id-list.js';
import { keepMask } from '../keep-mask.js';
import {
  cut,
  type IdTest,
  type IndexNode,
  type NodeParameters,
  type ParameterName,
  type RangeSink,
  type ResultTable,
} from '../node.js';
import { scanRange } from '../scan-range.js';
import { floatDistance, type Outcome, Selection, writeResults } from '../selection.js';

type HashData = BinaryHashData | BinaryMultiHashData;

/** What a string says of an index of hash tables. */
export interface HashShape {
  readonly kind: HashData['kind'];
  readonly d: number;
  /** Bits of a hash. */
  readonly b: number;
  /** Tables; table i hashes by the bits from `i · b` on. */
  readonly nhash: number;
  readonly nflip?: number;
}

/**
 * IndexBinaryHash and IndexBinaryMultiHash: a query is compared with the vectors whose hash, some of their bits, differs
 * from its own in up to `nflip` bits, in one of the tables. The first keeps the caller's ids.
 * @see Norouzi et al. 2012, "Fast search in Hamming space with multi-index hashing"; faiss/IndexBinaryHash.cpp
 */
export class BinaryHashNode implements IndexNode<Uint8Array> {
  readonly d: number;
  readonly width: number;
  readonly metric = 'l2';
  readonly isTrained = true;
  readonly keepsIds: boolean;
  readonly #engine: Engine;
  readonly #shape: HashShape;
  readonly #codes: GrowingStore;
  readonly #ids: IdList | undefined;
  readonly #tables: readonly HashTable[];
  readonly #selection: Selection;
  /** Positions by id, made when it is asked after a change. */
  #positions: IdTable | undefined;
  /** The last query that met each vector, where several tables may. */
  #met: Uint32Array = new Uint32Array(0);
  #query = 0;
  #nflip: number;

  constructor(engine: Engine, shape: HashShape) {
    const { kind, d, b, nhash, nflip = 0 } = shape;
    this.#engine = engine;
    this.#shape = shape;
    this.d = d;
    this.width = d / 8;
    this.keepsIds = kind === 'BinaryHash';
    this.#nflip = nflip;
    this.#codes = new GrowingStore(engine, this.width);
    this.#ids = this.keepsIds ? new IdList(engine) : undefined;
    this.#tables = Array.from({ length: nhash }, (_, i) => new HashTable(b, i * b));
    this.#selection = new Selection(engine, 'hash.reservoirs');
  }

  /** @throws LutraError `FORMAT` for a negative nflip or another number of vectors than the index says */
  static fromData(engine: Engine, data: HashData): BinaryHashNode {
    const { kind, d, b, nflip, ntotal } = data;
    if (nflip < 0) throw wrongFile('nflip', `nflip is ${nflip}, wanted at least 0`);
    const nhash = kind === 'BinaryHash' ? 1 : data.maps.length;
    const node = new BinaryHashNode(engine, { kind, d, b, nhash, nflip });
    if (data.kind === 'BinaryHash') node.#loadLists(data);
    else {
      node.#codes.append((data.base as BinaryFlatData).codes);
      for (const [i, map] of data.maps.entries()) node.#tables[i]!.load(map);
    }
    if (node.ntotal === ntotal) return node;
    throw wrongFile('ntotal', `the lists hold ${node.ntotal} vectors, the index says ${ntotal}`);
  }

  #loadLists({ b, sizeBits, table, ids, codes }: BinaryHashData): void {
    ids.forEach((list, i) => {
      const hash = readBits(table, i * (b + sizeBits), b);
      const first = this.ntotal;
      this.#codes.append(codes[i]!, list.length);
      this.#ids!.append(list);
      for (let position = first; position < this.ntotal; position++) this.#tables[0]!.add(hash, position);
    });
  }

  get ntotal(): number {
    return this.#codes.size;
  }

  async train(): Promise<void> {}

  reserve(n: number): void {
    this.#codes.reserve(n);
    this.#ids?.reserve(n);
  }

  add(x: Uint8Array, n: number, ids?: Float64Array): void {
    const first = this.ntotal;
    this.reserve(n);
    this.#codes.append(cut(x, 0, n * this.width), n);
    this.#ids?.append(ids ?? Float64Array.from({ length: n }, (_, i) => first + i));
    this.#hashFrom(first);
  }

  /** Puts the vectors from position `first` on into the tables. */
  #hashFrom(first: number): void {
    const { width } = this;
    const codes = this.#codes.bytes();
    for (let position = first; position < this.ntotal; position++) {
      const code = codes.subarray(position * width, (position + 1) * width);
      for (const table of this.#tables) table.add(table.hashOf(code), position);
    }
    this.#positions = undefined;
  }

  search(x: Uint8Array, nq: number, k: number, parameters: NodeParameters, out: ResultTable): void {
    const { width, metric } = this;
    const engine = this.#engine;
    const selection = this.#selection;
    const ids = this.#ids?.values;
    const label = (position: number): number => (ids ? ids[position]! : position);
    const outcome: Outcome = { k, metric, distance: floatDistance(metric), label };
    for (let q = 0; q < nq; q++) {
      selection.start(1, k, FLOAT_KEYS);
      const { at, positions, n } = this.#compare(cut(x, q * width, (q + 1) * width), parameters);
      engine.kernels.selectF32(at, n, false, 0, positions, selection.reservoir(0));
      writeResults(engine, selection, 0, outcome, out, q * k);
    }
  }

  rangeSearch(x: Uint8Array, radius: number, parameters: NodeParameters, sink: RangeSink): void {
    const { at, positions, n } = this.#compare(x, parameters);
    const { memory } = this.#engine;
    const found = Float64Array.from(memory.u32(positions, n));
    const stored = this.#ids?.values;
    if (stored) for (let i = 0; i < n; i++) found[i] = stored[found[i]!]!;
    const test = { radius, similarity: false, filter: undefined };
    scanRange(sink, memory.f32(at, n).slice(), test, 0, found);
  }

  /** The vectors that one query meets, positions u32 in kernel memory, and the distances to them, f32. */
  #compare(
    x: Uint8Array,
    { nflip = this.#nflip, filter }: NodeParameters,
  ): { at: Ptr; positions: Ptr; n: number } {
    const engine = this.#engine;
    const met = this.#meet(x, nflip, filter);
    const n = met.length;
    const query = engine.scratchOf('hash.query', x);
    const positions = engine.scratch('hash.positions', Math.max(1, n) * 4);
    const at = engine.scratch('hash.distances', Math.max(1, n) * 4);
    engine.memory.u32(positions, n).set(met);
    engine.kernels.hammingByIdx(query, this.#codes.ptr, this.width, positions, n, at);
    return { at, positions, n };
  }

  #meet(x: Uint8Array, nflip: number, filter: IdTest): number[] {
    const ids = this.#ids?.values;
    const several = this.#tables.length > 1;
    if (several) this.#newQuery();
    const found: number[] = [];
    for (const table of this.#tables) {
      table.near(table.hashOf(x), nflip, (positions) => {
        for (const position of positions) {
          if (several) {
            if (this.#met[position] === this.#query) continue;
            this.#met[position] = this.#query;
          }
          if (!filter || filter(ids ? ids[position]! : position)) found.push(position);
        }
      });
    }
    return found;
  }

  #newQuery(): void {
    if (this.#met.length < this.ntotal || this.#query === 2 ** 32 - 1) {
      this.#met = new Uint32Array(this.ntotal);
      this.#query = 0;
    }
    this.#query++;
  }

  reconstruct(id: number, out: Uint8Array): boolean {
    const position = this.#ids ? this.#positionOf(id) : id;
    if (position === undefined || !(position >= 0 && position < this.ntotal)) return false;
    out.set(this.#codes.bytes().subarray(position * this.width, (position + 1) * this.width));
    return true;
  }

  #positionOf(id: number): number | undefined {
    if (!this.#positions) {
      const { values } = this.#ids!;
      this.#positions = new IdTable(values.length);
      for (let i = 0; i < values.length; i++) this.#positions.set(values[i]!, i);
    }
    return this.#positions.get(id);
  }

  remove(test: (id: number) => boolean, renumber: boolean): number {
    const ids = this.#ids;
    const keep = keepMask(this.ntotal, test, ids?.values);
    const gone = ids && renumber ? ids.values.filter((_, at) => keep[at] === 0).sort() : undefined;
    const count = this.#codes.retain(keep);
    ids?.retain(keep);
    if (gone) ids!.map((id) => id - countBelow(gone, id));
    for (const table of this.#tables) table.clear();
    this.#hashFrom(0);
    return count;
  }

  assertMergeable(data: IndexData, addId: number): void {
    const { kind, d, b, nhash } = this.#shape;
    assertKind(data, kind);
    const other = data as HashData;
    assertSame('d', d, other.d);
    assertSame('b', b, other.b);
    if (other.kind === 'BinaryHash') for (const ids of other.ids) assertShift(ids, addId);
    else assertSame('hash tables', nhash, other.maps.length);
  }

  merge(data: IndexData, addId: number): void {
    const other = data as HashData;
    const first = this.ntotal;
    this.reserve(other.ntotal);
    if (other.kind === 'BinaryMultiHash') this.#codes.append((other.base as BinaryFlatData).codes);
    else {
      other.ids.forEach((ids, i) => {
        this.#codes.append(other.codes[i]!, ids.length);
        this.#ids!.append(ids, addId);
      });
    }
    this.#hashFrom(first);
  }

  reset(): void {
    this.#codes.clear();
    this.#ids?.clear();
    for (const table of this.#tables) table.clear();
    this.#positions = undefined;
  }

  parameters(): Partial<Record<ParameterName, number>> {
    return { nflip: this.#nflip };
  }

  setParameter(name: ParameterName, value: number): void {
    if (name === 'nflip') this.#nflip = value;
  }

  toData(): HashData {
    const { d, width: codeSize, ntotal, metric } = this;
    const header: BinaryHeader = { d, codeSize, ntotal, isTrained: true, metric, metricArg: 0 };
    const { b } = this.#shape;
    const nflip = this.#nflip;
    if (this.#ids) return { kind: 'BinaryHash', ...header, b, nflip, ...this.#lists(this.#ids.values) };
    const base: BinaryFlatData = { kind: 'BinaryFlat', ...header, codes: this.#codes.bytes() };
    const maps = this.#tables.map((table) => table.toMap(ntotal));
    return { kind: 'BinaryMultiHash', ...header, base, b, nflip, maps };
  }

  /** The one table as lists of ids and vectors. */
  #lists(stored: Float64Array): Pick<BinaryHashData, 'sizeBits' | 'table' | 'ids' | 'codes'> {
    const { width } = this;
    const { b } = this.#shape;
    const own = this.#tables[0]!;
    let sizeBits = 0;
    for (const [, { length }] of own.entries()) while (length >= 2 ** sizeBits) sizeBits++;
    const table = new Uint8Array(Math.ceil(((b + sizeBits) * own.size) / 8));
    const all = this.#codes.bytes();
    const ids: Float64Array[] = [];
    const codes: Uint8Array[] = [];
    for (const [hash, positions] of own.entries()) {
      const at = ids.length * (b + sizeBits);
      writeBits(table, at, b, hash);
      writeBits(table, at + b, sizeBits, positions.length);
      ids.push(Float64Array.from(positions, (position) => stored[position]!));
      const list = new Uint8Array(positions.length * width);
      for (const [i, position] of positions.entries()) {
        list.set(all.subarray(position * width, (position + 1) * width), i * width);
      }
      codes.push(list);
    }
    return { sizeBits, table, ids, codes };
  }
}

function wrongFile(field: string, message: string): LutraError {
  return new LutraError('FORMAT', `load: ${message}`, { format: 'faiss', field });
}
