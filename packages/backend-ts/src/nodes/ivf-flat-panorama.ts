import type {
  ArrayListsData,
  IndexData,
  IndexHeader,
  InvertedListsData,
  IvfFields,
  IvfFlatPanoramaData,
  Metric,
  PanoramaListsData,
} from '@lutra/core';
import type { Engine } from '../engine.js';
import { assertKind, assertSame } from '../invariants.js';
import { ArrayLists } from '../invlists/array-lists.js';
import { fromLevels, toLevels } from '../panorama.js';
import { IvfFlatCodec } from './ivf-flat.js';

type Levels = Pick<IvfFlatPanoramaData, 'nLevels' | 'batchSize'>;

/** Lists of vectors as they are, which a file has in levels. */
class PanoramaLists extends ArrayLists {
  readonly #levels: Levels;

  constructor(engine: Engine, nlist: number, codeSize: number, { nLevels, batchSize }: Levels) {
    super(engine, nlist, codeSize);
    this.#levels = { nLevels, batchSize };
  }

  override assertMergeable(data: InvertedListsData): void {
    super.assertMergeable(data.kind === 'panorama' ? asArrays(data) : data);
  }

  override merge(data: InvertedListsData, addId: number): void {
    super.merge(data.kind === 'panorama' ? asArrays(data) : data, addId);
  }

  override load(data: ArrayListsData | PanoramaListsData): void {
    super.load(data.kind === 'panorama' ? asArrays(data) : data);
  }

  override toData(): PanoramaListsData {
    const { nlist, codeSize, codes, ids } = super.toData() as ArrayListsData;
    const layout = { d: codeSize / 4, ...this.#levels };
    const lists = codes.map((list) =>
      toLevels(
        new Float32Array(list.buffer, list.byteOffset, list.length / 4),
        list.length / codeSize,
        layout,
      ),
    );
    return {
      ...{ kind: 'panorama', nlist, codeSize, ids, ...this.#levels },
      codes: lists.map((list) => list.codes),
      cumSums: lists.map((list) => list.cumSums),
    };
  }
}

function asArrays(data: PanoramaListsData): ArrayListsData {
  const { nlist, codeSize, ids } = data;
  const layout = { d: codeSize / 4, nLevels: data.nLevels, batchSize: data.batchSize };
  const codes = data.codes.map((list, i) => new Uint8Array(fromLevels(list, ids[i]!.length, layout).buffer));
  return { kind: 'array', nlist, codeSize, codes, ids };
}

/**
 * IndexIVFFlatPanorama: the vectors themselves, in levels in a file.
 * @see faiss/IndexIVFFlatPanorama.cpp
 */
export class IvfFlatPanoramaCodec extends IvfFlatCodec {
  readonly #levels: Levels;

  constructor(engine: Engine, d: number, metric: Metric, nlist: number, { nLevels, batchSize }: Levels) {
    super(engine, d, metric, nlist, new PanoramaLists(engine, nlist, d * 4, { nLevels, batchSize }));
    this.#levels = { nLevels, batchSize };
  }

  override assertMergeable(data: IndexData): void {
    assertKind(data, 'IvfFlatPanorama');
    assertSame('levels', this.#levels.nLevels, data.nLevels);
  }

  override toData(header: IndexHeader, fields: Omit<IvfFields, 'invlists'>): IvfFlatPanoramaData {
    return {
      kind: 'IvfFlatPanorama',
      ...header,
      ...fields,
      ...this.#levels,
      invlists: this.lists.toData(),
    };
  }
}
