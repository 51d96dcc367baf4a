import { rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type IndexData, LutraError, missingDistance, type StoredParameters } from '@lutra/core';
import { appendRows, keepRows, keptRows } from '../data/change-rows.js';
import { parametersOfData, withParameters } from '../data/parameters.js';
import { rowDecoder } from '../data/reconstruct.js';
import { assertSameTraining } from '../data/same-training.js';
import { readIndexSync, writeIndexSync } from './index-file.js';
import { EMPTY_FILE, type Found, type Making } from './messages.js';
import type { NativeIndex, NativeModule } from './native-binding.js';

/** One native copy of the index, with the search parameters that are set in it. */
interface Copy {
  readonly parameters: StoredParameters;
  readonly index: NativeIndex;
}

/** The index in a file, as it is now. */
interface Saved {
  readonly path: string;
  readonly parameters: StoredParameters;
}

/**
 * The one index of a child process: a native copy for each of the last few settings of search parameters. faiss-node has
 * no call to set them, so a copy with others is made by way of a file: write, change, read.
 *
 * Files rather than its buffers: faiss-node never frees what `toBuffer` and `fromBuffer` pass through.
 */
export class NativeStore {
  readonly #module: NativeModule;
  readonly #most: number;
  #dir = '';
  /** The last used first; the first of them takes additions, after which it is the only one. */
  #copies: Copy[] = [];
  #saved: Saved | undefined;
  #decoded: WeakRef<(position: number, out: Float32Array) => void> | undefined;
  #serial = 0;

  /** @param most - native copies held at once */
  constructor(module: NativeModule, most: number) {
    this.#module = module;
    this.#most = most;
  }

  /** The folder for files, or nothing yet. */
  get dir(): string {
    return this.#dir;
  }

  /** Forgets the index; files go to `dir` from now on, which whoever made it removes. */
  async adopt(dir: string): Promise<void> {
    await this.#drop();
    this.#dir = dir;
  }

  get index(): NativeIndex {
    const first = this.#copies[0];
    if (first) return first.index;
    throw new LutraError('STATE', 'there is no index yet', { state: 'empty' });
  }

  async create({ d, factory, metric, parameters }: Making): Promise<void> {
    await this.#drop();
    let index: NativeIndex;
    try {
      index = this.#module.Index.fromFactory(d, factory, metric);
    } catch (cause) {
      throw new LutraError(
        'UNSUPPORTED',
        `the linked faiss does not build "${factory}": ${(cause as Error).message}`,
        { feature: factory, by: 'the linked faiss' },
      );
    }
    this.#copies = [{ parameters, index }];
  }

  async read(path: string, parameters: StoredParameters): Promise<void> {
    // it may be the file that was written last, with rows put in since
    if (this.#saved?.path === path) this.#saved = undefined;
    await this.#drop();
    this.#copies = [{ parameters, index: this.#readNative(path) }];
    this.#saved = { path, parameters };
  }

  #readNative(path: string): NativeIndex {
    try {
      return this.#module.Index.read(path);
    } catch (cause) {
      throw new LutraError('UNSUPPORTED', `the linked faiss does not read it: ${(cause as Error).message}`, {
        feature: 'this index file',
        by: 'the linked faiss',
      });
    }
  }

  /** Writes the index; the file counts as saved until the next change. */
  write(path: string): StoredParameters {
    const { index, parameters } = this.#first();
    index.write(path);
    this.#saved = { path, parameters };
    return parameters;
  }

  add(x: Float32Array): void {
    const { index, parameters } = this.#first();
    // the others would be without these rows
    this.#copies = [{ index, parameters }];
    this.#changed();
    index.add(Array.from(x));
  }

  async search(
    x: Float32Array,
    k: number,
    similarity: boolean,
    parameters: StoredParameters,
  ): Promise<Found> {
    const index = await this.#copyWith(parameters);
    const found = index.search(Array.from(x), k);
    const distances = Float32Array.from(found.distances);
    const labels = Float64Array.from(found.labels);
    const missing = missingDistance(similarity ? 'ip' : 'l2');
    for (let q = 0; q < labels.length; q += k) packRow(distances, labels, q, q + k, missing);
    return { distances, labels };
  }

  /** The native copy with these search parameters, made now if there is none. */
  async #copyWith(parameters: StoredParameters): Promise<NativeIndex> {
    const at = this.#copies.findIndex((copy) => covers(copy.parameters, parameters));
    if (at === 0) return this.index;
    if (at > 0) {
      const [copy] = this.#copies.splice(at, 1);
      this.#copies.unshift(copy!);
      return copy!.index;
    }
    const saved = this.#save();
    this.#copies.length = Math.min(this.#copies.length, this.#most - 1);
    await collectGarbage();
    const path = this.#newPath();
    writeIndexSync(path, withParameters(readIndexSync(saved.path), parameters));
    await collectGarbage();
    const index = this.#readNative(path);
    rmSync(path, { force: true });
    this.#copies.unshift({ parameters, index });
    return index;
  }

  reconstruct(positions: Float64Array): Float32Array {
    const d = this.index.getDimension();
    let decode = this.#decoded?.deref();
    if (!decode) {
      decode = rowDecoder(readIndexSync(this.#save().path));
      this.#decoded = new WeakRef(decode);
    }
    const out = new Float32Array(positions.length * d);
    for (let i = 0; i < positions.length; i++) decode(positions[i]!, out.subarray(i * d, (i + 1) * d));
    return out;
  }

  /** Keeps the positions whose byte in `mask` is 1. */
  async keep(mask: Uint8Array): Promise<Saved> {
    const kept = keptRows(mask);
    return this.#rewrite((data) => keepRows(data, kept));
  }

  /** Appends the vectors of the index in the file `path`. */
  async merge(path: string): Promise<Saved> {
    const other = readIndexSync(path);
    return this.#rewrite((data) => {
      assertSameTraining(data, other);
      return appendRows(data, other);
    });
  }

  async #rewrite(change: (data: IndexData) => IndexData): Promise<Saved> {
    const before = this.#save();
    const path = this.#newPath();
    const data = change(readIndexSync(before.path));
    writeIndexSync(path, data);
    const parameters = parametersOfData(data);
    this.#copies = [];
    await collectGarbage();
    try {
      this.#copies = [{ parameters, index: this.#readNative(path) }];
    } catch (e) {
      this.#copies = [{ parameters: before.parameters, index: this.#readNative(before.path) }];
      throw e;
    }
    this.#changed();
    this.#saved = { path, parameters };
    return this.#saved;
  }

  /** The index in a file, written now unless that has been done since the last change. */
  #save(): Saved {
    if (!this.#saved) this.write(this.#newPath());
    return this.#saved!;
  }

  #first(): Copy {
    void this.index;
    return this.#copies[0]!;
  }

  #newPath(): string {
    return join(this.#dir, `copy-${this.#serial++}.index`);
  }

  /** Forgets the file of the state before; the one without vectors stays for resets. */
  #changed(): void {
    if (this.#saved && basename(this.#saved.path) !== EMPTY_FILE) rmSync(this.#saved.path, { force: true });
    this.#saved = undefined;
    this.#decoded = undefined;
  }

  async #drop(): Promise<void> {
    this.#copies = [];
    this.#changed();
    await collectGarbage();
  }
}

/** Whether a copy made with `have` is one with `wanted`. */
function covers(have: StoredParameters, wanted: StoredParameters): boolean {
  return (Object.keys(wanted) as (keyof StoredParameters)[]).every((key) => have[key] === wanted[key]);
}

/** Moves what was found to the front of a row and fills the rest: faiss leaves meaningless distances beside -1. */
function packRow(
  distances: Float32Array,
  labels: Float64Array,
  from: number,
  to: number,
  missing: number,
): void {
  let at = from;
  for (let i = from; i < to; i++) {
    if (labels[i]! < 0) continue;
    labels[at] = labels[i]!;
    distances[at++] = distances[i]!;
  }
  labels.fill(-1, at, to);
  distances.fill(missing, at, to);
}

/** Native memory goes when the object around it is collected, and then one turn later. */
async function collectGarbage(): Promise<void> {
  (globalThis as { gc?: () => void }).gc?.();
  await new Promise((resolve) => setImmediate(resolve));
}
