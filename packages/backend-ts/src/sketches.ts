import { LutraError, type Metric } from '@lutra/core';
import { type Ptr, SCRATCH_SKETCH_SELECT } from '@lutra/kernels';
import { centerRow } from './clustering/principal-basis.js';
import type { Engine } from './engine.js';
import { VisitOrder } from './fast-scan/visit-order.js';
import { ListForms } from './invlists/list-forms.js';
import type { Lists } from './invlists/lists.js';
import type { IdTest, ListRanking } from './node.js';
import type { ProbeTable } from './probe-table.js';
import { maskFiltered, type Selection } from './selection.js';
import { makeSketchBasis, type RowReader, type SketchBasis } from './sketch-basis.js';

/** Words of a visit of `sketchSelect`: sketches, entries, first position, query, reservoir. */
const WORDS = 5;
/** Rows that are projected together. */
const BLOCK = 256;

/**
 * Another way to choose the candidates of a refined index: by sketches of its vectors, four bits for each of the principal
 * directions that hold most of them, instead of by the codes in the lists. They are made list by list as searches come by, are
 * not stored in files, and say more about the distances than codes of product quantizers do at the same size.
 * @see Jégou, Douze & Schmid 2011, "Product quantization for nearest neighbor search", for distances from residuals
 */
export class Sketches {
  readonly #engine: Engine;
  readonly #metric: Metric;
  readonly #rows: RowReader;
  readonly #lists: Lists;
  readonly #forms: ListForms;
  readonly #order = new VisitOrder();
  #basis: SketchBasis | undefined;
  /** Whether the basis is this thread's own. */
  #owned = true;
  /** Vectors that the basis was made from, and the state of the lists then. */
  #seen = 0;
  #epoch = 0;

  constructor(engine: Engine, metric: Metric, rows: RowReader, lists: Lists) {
    this.#engine = engine;
    this.#metric = metric;
    this.#rows = rows;
    this.#lists = lists;
    this.#forms = new ListForms(engine, lists, {
      visits: 0,
      bytes: (n) => engine.kernels.sketchBytes(n, this.#basis!.components),
      make: (list, n, at) => this.#make(list, n, at),
      place: (directory, list) => directory.ids(list),
      basis: { get: () => this.#current(), set: (basis) => this.#adopt(basis) },
      shares: () => engine.sketches,
      besidePages: true,
    });
  }

  /** The ranking of queries x, `(nq, d)`, until it is asked for the next. */
  of(x: Float32Array): ListRanking {
    return { select: (q0, probes, selection, filter) => this.#select(x, q0, probes, selection, filter) };
  }

  #adopt(basis: SketchBasis): void {
    this.#basis = basis;
    this.#owned = false;
  }

  /** The basis for the vectors as they are: made anew when some have gone, or as many again have come. */
  #current(): SketchBasis {
    this.#forms.adoptGiven();
    const { ntotal } = this.#rows;
    const { epoch } = this.#lists;
    if (this.#basis && (!this.#owned || (epoch === this.#epoch && ntotal < 2 * this.#seen)))
      return this.#basis;
    this.#forms.clear();
    this.#free();
    this.#basis = makeSketchBasis(this.#engine, this.#rows);
    this.#seen = ntotal;
    this.#epoch = epoch;
    return this.#basis;
  }

  #free(): void {
    if (!this.#basis) return;
    this.#engine.memory.free(this.#basis.mean);
    this.#engine.memory.free(this.#basis.directions);
    this.#basis = undefined;
  }

  /** Writes the sketches of the `n` entries of a list to `at`. */
  #make(list: number, n: number, at: Ptr): void {
    const engine = this.#engine;
    const { kernels, memory } = engine;
    const { components, mean, directions } = this.#basis!;
    const { d } = this.#rows;
    const ids = this.#lists.idsAlone?.(list) ?? this.#lists.ids(list).values;
    const block = engine.scratch('sketch.block', BLOCK * d * 4);
    const rows = engine.scratch('sketch.rows', n * components * 4);
    const rests = engine.scratch('sketch.rests', n * 4);
    const scratch = engine.scratch('sketch.encode', kernels.scratchSketchEncode(components));
    for (let from = 0; from < n; from += BLOCK) {
      const count = Math.min(BLOCK, n - from);
      for (let i = 0; i < count; i++) {
        const row = block + i * d * 4;
        // what is not stored is no candidate
        if (!this.#rows.reconstruct(ids[from + i]!, memory.f32(row, d))) memory.f32(row, d).fill(Number.NaN);
        centerRow(engine, row, mean, d, row);
      }
      kernels.normsSqr(block, d, count, rests + from * 4);
      kernels.ipBlock(block, count, directions, components, d, rows + from * components * 4);
      this.#restsOf(rows + from * components * 4, count, rests + from * 4);
    }
    kernels.sketchEncode(rows, rests, n, components, at, scratch);
  }

  /** Turns squared lengths into those of what rows, f32 `(n, components)`, do not have of them. */
  #restsOf(rows: Ptr, n: number, lengths: Ptr): void {
    const engine = this.#engine;
    const { components } = this.#basis!;
    const own = engine.scratch('sketch.lengths', n * 4);
    engine.kernels.normsSqr(rows, components, n, own);
    const { floats } = engine;
    for (let i = 0; i < n; i++) {
      floats[(lengths >>> 2) + i] = Math.max(0, floats[(lengths >>> 2) + i]! - floats[(own >>> 2) + i]!);
    }
  }

  /** Offers to each query every entry of its lists, by what the sketches say of its distance. */
  #select(x: Float32Array, q0: number, probes: ProbeTable, selection: Selection, filter: IdTest): void {
    const engine = this.#engine;
    const { kernels } = engine;
    const { components } = this.#current();
    engine.sketches = true;
    const queries = this.#project(x, q0, probes.nq);
    const each = kernels.sketchQueryBytes(components);
    this.#order.sort(probes);
    const { visits: numbers, count } = this.#order;
    const visits = engine.scratch('sketch.visits', Math.max(1, count) * WORDS * 4);
    for (let i = 0; i < count; i++) {
      const q = Math.floor(numbers[i]! / probes.nprobe);
      const rank = numbers[i]! - q * probes.nprobe;
      const list = probes.listOf(q, rank);
      const form = this.#forms.visit(list);
      if (form === 0) throw noRoom(list);
      // what was made may have grown the memory
      const { words } = engine;
      const at = (visits >>> 2) + WORDS * i;
      words[at] = form;
      words[at + 1] = probes.sizeOf(q, rank);
      words[at + 2] = probes.startOf(q, rank);
      words[at + 3] = queries + q * each;
      words[at + 4] = selection.reservoir(q);
    }
    const ip = this.#metric === 'ip';
    if (filter) this.#selectFiltered({ visits, count, probes, selection }, filter);
    else {
      const scratch = engine.scratch('sketch.select', SCRATCH_SKETCH_SELECT);
      kernels.sketchSelect(visits, count, components, ip, scratch);
    }
  }

  /** Queries `q0` to `q0 + nq` of x as the kernels want them. */
  #project(x: Float32Array, q0: number, nq: number): Ptr {
    const engine = this.#engine;
    const { kernels } = engine;
    const { d } = this.#rows;
    const { components, mean, directions } = this.#basis!;
    const each = kernels.sketchQueryBytes(components);
    const queries = engine.scratch('sketch.queries', nq * each);
    const row = engine.scratch('sketch.query', d * 4);
    const along = engine.scratch('sketch.along', components * 4);
    const { floats } = engine;
    // a product with the mean is the same for all rows
    const m = mean >>> 2;
    const ip = this.#metric === 'ip';
    for (let q = 0; q < nq; q++) {
      const from = (q0 + q) * d;
      for (let j = 0; j < d; j++) floats[(row >>> 2) + j] = x[from + j]! - (ip ? 0 : floats[m + j]!);
      kernels.ipNy(row, directions, d, components, along);
      kernels.sketchQuery(along, components, queries + q * each);
    }
    return queries;
  }

  /** One query whose entries have to pass a filter. */
  #selectFiltered({ visits, count, probes, selection }: Visits, filter: (id: number) => boolean): void {
    const engine = this.#engine;
    const { kernels, memory } = engine;
    const { components } = this.#basis!;
    for (let i = 0; i < count; i++) {
      const [form, n, first, query, reservoir] = memory.u32(visits + WORDS * 4 * i, WORDS).slice();
      const list = probes.listOf(0, this.#order.visits[i]!);
      const keys = engine.scratch('sketch.keys', Math.ceil(n! / 4) * 16);
      kernels.sketchKeys(form!, n!, query!, components, this.#metric === 'ip', keys);
      const ids = this.#lists.idsAlone?.(list) ?? this.#lists.ids(list).values;
      const threshold = selection.threshold(0);
      maskFiltered(memory.f32(keys, n!), filter, { threshold, similarity: false, first: 0, ids });
      kernels.selectF32(keys, n!, false, first!, 0, reservoir!);
    }
  }
}

interface Visits {
  readonly visits: Ptr;
  readonly count: number;
  readonly probes: ProbeTable;
  readonly selection: Selection;
}

function noRoom(list: number): LutraError {
  const message = `search: no memory for the sketches of list ${list}; search without sketches`;
  return new LutraError('CAPACITY', message, { what: 'sketches' });
}
