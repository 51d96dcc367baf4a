import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Connection, Table, VectorQuery } from '@lancedb/lancedb';
import type { Metric } from '@lutra/core';
import type { Layout } from './layout.js';
import { type Model, readModel } from './model.js';
import { makeTemporaryFolder, removeTemporaryFolder } from './temporary-folder.js';
import { vectorsOf } from './vectors-of.js';

const require = createRequire(import.meta.url);
// LanceDB requires this package; the copy that `import` gives has other classes, which it does not know
const arrow = (): typeof import('apache-arrow') => require('apache-arrow');
const TABLE = 'vectors';
/** Training rows are stored under these ids, which no caller can give. */
const [ANCHOR, PASSING] = [-1, -2];

/** What a table is made for. */
export interface TableOptions {
  readonly d: number;
  readonly metric: Metric;
  readonly layout: Layout;
  readonly parent?: string | undefined;
}

/** One search of one query. */
export interface TableSearch {
  readonly limit: number;
  readonly nprobe: number;
  readonly where?: string | undefined;
  /** LanceDB's distances below this only. */
  readonly below?: number | undefined;
}

/** Nearest first; distances as LanceDB gives them: squared, or 1 minus the inner product. */
export interface Found {
  readonly ids: Float64Array;
  readonly distances: Float32Array;
}

/** The version of the installed LanceDB. */
export function lanceVersion(): string {
  const manifest = join(require.resolve('@lancedb/lancedb'), '../../package.json');
  return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version;
}

/** One LanceDB table of ids and vectors in a folder of its own. */
export class LanceTable {
  readonly d: number;
  readonly metric: Metric;
  readonly layout: Layout;
  readonly folder: string;
  readonly #connection: Connection;
  #table: Table | undefined;

  private constructor(options: TableOptions, folder: string, connection: Connection) {
    this.d = options.d;
    this.metric = options.metric;
    this.layout = options.layout;
    this.folder = folder;
    this.#connection = connection;
  }

  static async create(options: TableOptions): Promise<LanceTable> {
    const { connect } = await import('@lancedb/lancedb');
    const folder = makeTemporaryFolder(options.parent);
    return new LanceTable(options, folder, await connect(folder));
  }

  // #region train
  /** Trains on `blocks`, of which one row stays: LanceDB drops the index of a table that is empty. */
  async train(blocks: AsyncIterable<Float32Array>, minRows: number): Promise<Model | number> {
    const { Index } = await import('@lancedb/lancedb');
    if (this.#table) await this.#connection.dropTable(TABLE);
    this.#table = await this.#connection.createEmptyTable(TABLE, this.#schema());
    let rows = 0;
    for await (const block of blocks) {
      const n = block.length / this.d;
      const ids = new Float64Array(n).fill(PASSING);
      if (rows === 0) ids[0] = ANCHOR;
      await this.append(block, ids);
      rows += n;
    }
    if (rows < minRows) return rows;
    const { nlist, M } = this.layout;
    const common = { numPartitions: nlist, distanceType: this.#distanceType() };
    const config = M === undefined ? Index.ivfFlat(common) : Index.ivfPq({ ...common, numSubVectors: M });
    await this.#open().createIndex('vector', { config });
    await this.remove(`id <> ${ANCHOR}`);
    return readModel(join(this.folder, `${TABLE}.lance`, '_indices'), { d: this.d, ...this.layout });
  }
  // #endregion

  async append(x: Float32Array, ids: Float64Array): Promise<void> {
    await this.#open().add(this.#batch(x, ids));
  }

  // #region settle
  /** Sorts rows that were appended into the partitions, whose centroids stay as they were trained. */
  async settle(): Promise<void> {
    await this.#open().optimize({ cleanupOlderThan: new Date() });
    await this.remove(`id = ${ANCHOR}`);
  }

  /** Removes all rows but a new anchor, so that the training stays. */
  async clear(): Promise<void> {
    await this.append(new Float32Array(this.d), Float64Array.of(ANCHOR));
    await this.#open().optimize({ cleanupOlderThan: new Date() });
    await this.remove(`id <> ${ANCHOR}`);
  }
  // #endregion

  count(where: string): Promise<number> {
    return this.#open().countRows(where);
  }

  async remove(where: string): Promise<void> {
    await this.#open().delete(where);
  }

  // #region search
  async search(query: Float32Array, { limit, nprobe, where, below }: TableSearch): Promise<Found> {
    let q: VectorQuery = this.#open()
      .query()
      .nearestTo(query)
      .distanceType(this.#distanceType())
      .nprobes(nprobe)
      .limit(limit)
      .select(['id', '_distance']);
    if (this.layout.refine) q = q.refineFactor(1);
    if (where !== undefined) q = q.where(where);
    if (below !== undefined) q = q.distanceRange(undefined, below);
    const rows = await q.toArrow();
    // a table without rows may come without columns
    return {
      ids: Float64Array.from((rows.getChild('id')?.toArray() ?? []) as BigInt64Array, Number),
      distances: Float32Array.from((rows.getChild('_distance')?.toArray() ?? []) as Float32Array),
    };
  }
  // #endregion

  /** The rows of `where` in any order. */
  async vectors(where: string): Promise<{ ids: Float64Array; x: Float32Array }> {
    const rows = await this.#open().query().where(where).select(['id', 'vector']).toArrow();
    return vectorsOf(rows, this.d);
  }

  close(): void {
    this.#table?.close();
    this.#connection.close();
    removeTemporaryFolder(this.folder);
  }

  #open(): Table {
    if (this.#table) return this.#table;
    throw new Error('there is no table before training');
  }

  #distanceType(): 'l2' | 'dot' {
    return this.metric === 'l2' ? 'l2' : 'dot';
  }

  #schema(): import('apache-arrow').Schema {
    const { Field, FixedSizeList, Float32, Int64, Schema } = arrow();
    const vector = new FixedSizeList(this.d, new Field('item', new Float32(), true));
    return new Schema([new Field('id', new Int64(), false), new Field('vector', vector, false)]);
  }

  /** Rows as Arrow has them, without an object or an array for each. */
  #batch(x: Float32Array, ids: Float64Array): import('apache-arrow').Table {
    const { Float32, Int64, makeData, RecordBatch, Struct, Table } = arrow();
    const schema = this.#schema();
    const length = ids.length;
    const values = makeData({ type: new Float32(), length: x.length, data: x });
    const vectors = makeData({ type: schema.fields[1]!.type, length, nullCount: 0, child: values });
    const numbers = makeData({ type: new Int64(), length, data: BigInt64Array.from(ids, BigInt) });
    const type = new Struct(schema.fields);
    const rows = makeData({ type, length, nullCount: 0, children: [numbers, vectors] });
    return new Table([new RecordBatch(schema, rows)]);
  }
}
