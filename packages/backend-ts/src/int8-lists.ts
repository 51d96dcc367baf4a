import type { Metric } from '@lutra/core';
import type { Ptr } from '@lutra/kernels';
import type { Engine } from './engine.js';
import { Int8Queries, type Int8Query } from './int8-queries.js';
import type { ArrayLists } from './invlists/array-lists.js';
import { ListForms } from './invlists/list-forms.js';

/** Bytes of facts a group of four rows. */
const FACTS = 80;
const VISITS = 8;

/** The second form of {@link Int8Rows} for inverted lists of float32 rows, a quarter more memory in the end. */
export class Int8Lists {
  readonly #d16: number;
  readonly #queries: Int8Queries;
  readonly #forms: ListForms;

  constructor(engine: Engine, d: number, metric: Metric, lists: ArrayLists) {
    const queries = new Int8Queries(engine, d, metric);
    this.#d16 = Math.ceil(d / 16) * 16;
    this.#queries = queries;
    this.#forms = new ListForms(engine, lists, {
      visits: VISITS,
      bytes: (n) => this.#codeBytes(n) + Math.ceil(n / 4) * FACTS,
      begin: () => centerOn(queries, lists),
      make: (rows, n, at) => {
        engine.kernels.int8Encode(rows, n, d, queries.mean, at, at + this.#codeBytes(n));
      },
      common: () => ({ mean: queries.mean, meanNorm: queries.meanNorm }),
      adopt: ({ mean, meanNorm }) => {
        queries.mean = mean;
        queries.meanNorm = meanNorm;
      },
      clear: () => queries.clear(),
    });
  }

  #codeBytes(n: number): number {
    return Math.ceil(n / 4) * 4 * this.#d16;
  }

  weigh(x: Ptr): Int8Query {
    return this.#queries.weigh(x);
  }

  /** Counts a visit to a list of n rows; where its codes are, 0 if it has no second form. */
  visit(list: number): Ptr {
    return this.#forms.visit(list);
  }

  /** Where the facts of n rows are whose codes are at `codes`. */
  facts(codes: Ptr, n: number): Ptr {
    return codes + this.#codeBytes(n);
  }
}

/** The mean of a row of each list. */
function centerOn(queries: Int8Queries, lists: ArrayLists): void {
  const directory = lists.directory();
  const filled: number[] = [];
  for (let list = 0; list < lists.nlist; list++) if (directory.size(list) > 0) filled.push(list);
  queries.center(filled.length, (i) => directory.codes(filled[i]!));
}
