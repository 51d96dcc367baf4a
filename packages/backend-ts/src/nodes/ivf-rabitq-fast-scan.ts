import type { IndexData, IndexHeader, IvfFields, IvfRaBitQFastScanData } from '@lutra/core';
import type { RowView } from '../clustering/row-view.js';
import type { Engine } from '../engine.js';
import { RaBitQBlocks } from '../fast-scan/rabitq-blocks.js';
import { assertKind } from '../invariants.js';
import type { BlockLists } from '../invlists/block-lists.js';
import type { ProbeTable } from '../probe-table.js';
import type { RaBitQuantizer } from '../quantizers/rabitq.js';
import type { Selection } from '../selection.js';
import type { Task } from '../task.js';
import type { TopK } from '../top-k.js';
import type { CoarseQuantizer } from './coarse-quantizer.js';
import type { ListCodec, Probes } from './list-codec.js';
import { selectFloats } from './select-lists.js';

/**
 * IndexIVFRaBitQFastScan: RaBitQ codes around their list's centroid, in blocks.
 * @see faiss/IndexIVFRaBitQFastScan.cpp
 */
export class IvfRaBitQFastScanCodec implements ListCodec {
  readonly lists: BlockLists;
  readonly visitsByNumber = true;
  readonly #engine: Engine;
  readonly #codec: RaBitQuantizer;
  readonly #coarse: CoarseQuantizer;
  readonly #blocks: RaBitQBlocks;
  readonly #stored: Pick<IvfRaBitQFastScanData, 'qbs2' | 'implem' | 'centered'>;
  #probes: Probes | undefined;

  constructor(
    engine: Engine,
    coarse: CoarseQuantizer,
    codec: RaBitQuantizer,
    lists: BlockLists,
    stored: Pick<IvfRaBitQFastScanData, 'qbs2' | 'implem' | 'centered'> = NEW,
  ) {
    const { d, metric, nbBits, qb } = codec;
    this.#engine = engine;
    this.#coarse = coarse;
    this.#codec = codec;
    this.lists = lists;
    this.#stored = stored;
    this.#blocks = new RaBitQBlocks(engine, { d, metric, nbBits, qb, centered: stored.centered });
  }

  get isTrained(): boolean {
    return this.#codec.isTrained;
  }

  get readsInOrder(): boolean {
    return this.#blocks.sifts;
  }

  train(points: RowView, task: Task): Promise<void> {
    return this.#codec.train(points, task, this.#coarse);
  }

  encode(x: Float32Array, assign: Uint32Array): Uint8Array {
    return this.#codec.encode(x, assign.length, (i) => this.#coarse.centroid(assign[i]!));
  }

  select(x: Float32Array, probes: ProbeTable, selection: Selection): void {
    const sift = (rank: number, best: TopK): Float32Array => this.#read(rank, best);
    selectFloats(this.#engine, this, x, probes, selection, this.#blocks.sifts ? sift : undefined);
  }

  begin(x: Float32Array, probes: Probes): void {
    this.#probes = probes;
    this.#blocks.beginLists(x, probes.count, (rank) => this.#coarse.centroid(probes.lists[rank]!));
  }

  scan(rank: number): Float32Array {
    return this.#read(rank, undefined);
  }

  #read(rank: number, best: TopK | undefined): Float32Array {
    const store = this.lists.store(this.#probes!.lists[rank]!);
    const out = this.#engine.scratch('ivf.values', store.size * 4);
    if (best) this.#blocks.sift(store, rank, out, best);
    else this.#blocks.scan(store, rank, out);
    return this.#engine.memory.f32(out, store.size);
  }

  decode(list: number, offset: number, out: Float32Array): void {
    const code = new Uint8Array(this.lists.codeSize);
    this.lists.readCode(list, offset, code);
    this.#codec.decode(code, 0, out, this.#coarse.centroid(list));
  }

  assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfRaBitQFastScan');
    this.#codec.assertSame(data.rabitq);
  }

  toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfRaBitQFastScanData {
    return {
      kind: 'IvfRaBitQFastScan',
      ...header,
      ...fields,
      rabitq: this.#codec.toData(),
      byResidual: true,
      codeSize: this.#codec.codeSize,
      bbs: this.lists.bbs,
      qbs2: this.#stored.qbs2,
      M2: this.lists.M2,
      implem: this.#stored.implem,
      qb: this.#codec.qb,
      centered: this.#stored.centered,
      invlists: this.lists.toData(),
    };
  }
}

const NEW = { qbs2: 0, implem: 0, centered: false };
