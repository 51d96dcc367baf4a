import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';
import { VisitOrder } from './fast-scan/visit-order.js';
import type { ArrayLists } from './invlists/array-lists.js';
import { ListForms } from './invlists/list-forms.js';
import type { ProbeTable } from './probe-table.js';
import type { Selection } from './selection.js';

/** Making a form costs about what so many visits save. */
const VISITS = 8;
/** Words of a visit of `nibbleSelect`: form, rows, entries, first position, query, reservoir. */
const WORDS = 6;

/**
 * Search of inverted lists of float32 rows by a second form of them, four bits a component around the mean of each list, that
 * says quickly and surely which rows cannot be among the nearest; only the others are compared in float32, so that the results
 * are the very same. A seventh more memory in the end, for rows of 256 components.
 */
export class NibbleLists {
  readonly #engine: Engine;
  readonly #d: number;
  readonly #ip: boolean;
  readonly #lists: ArrayLists;
  readonly #forms: ListForms;
  readonly #order = new VisitOrder();

  constructor(engine: Engine, d: number, metric: Metric, lists: ArrayLists) {
    const { kernels } = engine;
    this.#engine = engine;
    this.#d = d;
    this.#ip = metric === 'ip';
    this.#lists = lists;
    this.#forms = new ListForms(engine, lists, {
      visits: VISITS,
      bytes: (n) => kernels.nibbleBytes(n, d),
      make: (list, n, at) => {
        const scratch = engine.scratch('nibble.encode', 5 * Math.ceil(d / 32) * 32);
        kernels.nibbleEncode(lists.directory().codes(list), n, d, at, scratch);
      },
    });
  }

  /** Offers to each query of x, `(nq, d)`, at least every row of its lists that can be among its k best. */
  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    const engine = this.#engine;
    const { kernels } = engine;
    const queries = engine.scratchOf('nibble.queries', x);
    this.#order.sort(probes);
    const visits = engine.scratch('nibble.visits', Math.max(1, this.#order.count) * WORDS * 4);
    let count = 0;
    // the nearest list of each query first, which limits what the others can offer
    for (const nearest of probes.nq === 1 ? [undefined] : [true, false]) {
      count = this.#addVisits({ nearest, queries, visits, count }, probes, selection);
    }
    const scratch = engine.scratch('nibble.select', kernels.scratchNibbleSelect(selection.k, this.#d));
    kernels.nibbleSelect(visits, count, this.#d, this.#ip, scratch);
  }

  /** Writes the visits to lists that have forms behind `count` others, those to one list together, and makes all others. */
  #addVisits({ nearest, queries, visits, count }: Visits, probes: ProbeTable, selection: Selection): number {
    const { nprobe } = probes;
    const directory = this.#lists.directory();
    let added = count;
    for (let i = 0; i < this.#order.count; i++) {
      const number = this.#order.visits[i]!;
      const q = Math.floor(number / nprobe);
      const rank = number - q * nprobe;
      if (nearest !== undefined && (probes.nearest[q * nprobe] === rank) !== nearest) continue;
      const list = probes.listOf(q, rank);
      const form = this.#forms.visit(list);
      // what was made may have grown the memory
      const { words } = this.#engine;
      const at = (visits >>> 2) + WORDS * added;
      words[at] = form;
      words[at + 1] = directory.codes(list);
      words[at + 2] = probes.sizeOf(q, rank);
      words[at + 3] = probes.startOf(q, rank);
      words[at + 4] = queries + q * this.#d * 4;
      words[at + 5] = selection.reservoir(q);
      if (form === 0) this.#compareAll(words.subarray(at, at + WORDS));
      else added++;
    }
    return added;
  }

  #compareAll([, rows, n, first, x, reservoir]: Int32Array): void {
    const { kernels } = this.#engine;
    const out = this.#engine.scratch('nibble.values', n! * 4);
    kernels[this.#ip ? 'ipNy' : 'l2sqrNy'](x! >>> 0, rows! >>> 0, this.#d, n!, out);
    kernels.selectF32(out, n!, this.#ip, first!, 0, reservoir! >>> 0);
  }
}

interface Visits {
  /** Which visits: those of queries to the nearest of their lists, the others, or all. */
  readonly nearest: boolean | undefined;
  readonly queries: Ptr;
  readonly visits: Ptr;
  readonly count: number;
}
