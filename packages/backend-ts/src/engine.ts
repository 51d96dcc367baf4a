import type { ListReader, ListsOnDisk, OnDiskListsData } from '@lutra/core';
import { type Kernels, MEMORY_LIMIT, type Ptr } from '@lutra/kernels';
import type { GraphRecordsState } from './hnsw/graph-records.js';
import type { Int8State } from './int8-rows.js';
import type { ListFormsState } from './invlists/list-forms.js';
import type { Vectors } from './node.js';

/** Half of the memory: what candidates are found in is smaller than the vectors. */
const REFINE_BYTES = MEMORY_LIMIT / 2;

/** Bounds on distances that another thread can use. */
export type BoundsState = Int8State | ListFormsState | GraphRecordsState;

/**
 * The kernels and the memory of one index, shared by all its parts, with named scratch areas that grow and stay.
 * Pointers returned by {@link scratch} hold until the same name is asked for with more bytes.
 */
export class Engine {
  readonly kernels: Kernels;
  /** Pieces of this memory that are given over, and not yet taken by a part of the index. */
  readonly #given: Map<Ptr, { readonly bytes: number; readonly buffer: ArrayBufferLike }> = new Map();
  #words: Int32Array = new Int32Array(0);
  #floats: Float32Array = new Float32Array(0);
  #doubles: Float64Array = new Float64Array(0);
  readonly #areas: Map<string, { ptr: Ptr; bytes: number }> = new Map();

  /** How lists that stay on disk are opened; the index is then not changed, and searched by one thread. */
  listsOnDisk: ListsOnDisk | undefined;
  readonly #readers: ListReader[] = [];

  /** Bytes of this memory that the vectors of a refinement may take. */
  readonly refineBytes: number;
  /** Whether the caller has said so. */
  readonly limitsRefine: boolean;
  /** Buffers outside of this memory that were made for the index, whose parts keep them where they are. */
  readonly farBuffers: WeakSet<ArrayBufferLike> = new WeakSet();

  constructor(kernels: Kernels, { refineBytes }: { refineBytes?: number | undefined } = {}) {
    this.kernels = kernels;
    this.limitsRefine = refineBytes !== undefined;
    this.refineBytes = refineBytes ?? REFINE_BYTES;
  }

  /** Opens lists that stay on disk until {@link close}. */
  openLists(lists: OnDiskListsData): ListReader {
    if (!this.listsOnDisk) throw new Error('lists on disk are refused before an index is made of them');
    const reader = this.listsOnDisk.open(lists);
    this.#readers.push(reader);
    return reader;
  }

  /** Whether lists of the index stay on disk. */
  get hasListsOnDisk(): boolean {
    return this.#readers.length > 0;
  }

  /** Closes what is open on disk. */
  close(): void {
    for (const reader of this.#readers) reader.close();
  }

  get memory(): Kernels['memory'] {
    return this.kernels.memory;
  }

  /** All of the memory as 32-bit words, made anew when it has grown: a byte offset `>>> 2` is an index. */
  get words(): Int32Array {
    const { buffer } = this.memory;
    if (this.#words.buffer !== buffer) this.#words = new Int32Array(buffer);
    return this.#words;
  }

  /** The same as float32. */
  get floats(): Float32Array {
    const { buffer } = this.memory;
    if (this.#floats.buffer !== buffer) this.#floats = new Float32Array(buffer);
    return this.#floats;
  }

  /** The same as float64. */
  get doubles(): Float64Array {
    const { buffer } = this.memory;
    if (this.#doubles.buffer !== buffer) this.#doubles = new Float64Array(buffer);
    return this.#doubles;
  }

  /** At least `bytes` of 16-byte aligned scratch under `name`; contents undefined. */
  scratch(name: string, bytes: number): Ptr {
    const area = this.#areas.get(name);
    if (area && area.bytes >= bytes) return area.ptr;
    if (area) {
      // forgotten before the allocation, which may fail
      this.#areas.delete(name);
      this.memory.free(area.ptr);
    }
    const ptr = this.memory.alloc(bytes);
    this.#areas.set(name, { ptr, bytes });
    return ptr;
  }

  /** Scratch holding a copy of `x`. */
  scratchOf(name: string, x: Vectors): Ptr {
    const ptr = this.scratch(name, x.byteLength);
    if (x instanceof Uint8Array) this.memory.u8(ptr, x.length).set(x);
    else this.floats.set(x, ptr >>> 2);
    return ptr;
  }

  /** A new allocation holding a copy of `x`; the caller frees it. */
  hold(x: Float32Array): Ptr {
    const ptr = this.memory.alloc(x.length * 4);
    this.memory.f32(ptr, x.length).set(x);
    return ptr;
  }

  /**
   * Says that `array`, a view into this memory, belongs to whoever {@link take}s it: a part of the index that is loaded from
   * it keeps it where it is instead of copying it.
   * @param array - of its own allocation, or of one of another thread, which is then only read
   */
  giveOver(array: ArrayBufferView): void {
    this.#given.set(array.byteOffset, { bytes: array.byteLength, buffer: array.buffer });
  }

  /** Where `array` is if it, or bytes in its place, were given over, once; undefined for any other, which is to be copied. */
  take(array: ArrayBufferView): Ptr | undefined {
    const { byteOffset: ptr, byteLength, buffer } = array;
    const given = this.#given.get(ptr);
    if (given?.buffer !== buffer || given.bytes !== byteLength) return undefined;
    this.#given.delete(ptr);
    return ptr;
  }

  /** Frees what was given over and not taken. */
  freeGiven(): void {
    for (const ptr of this.#given.keys()) this.memory.free(ptr);
    this.#given.clear();
  }

  /** Gives back the scratch areas named `prefix…`, after a step that needed large ones. */
  release(prefix: string): void {
    for (const [name, area] of this.#areas) {
      if (!name.startsWith(prefix)) continue;
      this.memory.free(area.ptr);
      this.#areas.delete(name);
    }
  }

  /** Rows that are searched by bounds: each call makes what is missing and says where it is, by the place of the rows. */
  readonly sharedBounds: Set<() => { readonly at: Ptr; readonly state: BoundsState } | undefined> = new Set();
  /** Whether candidates have been chosen by sketches, which other threads then get. */
  sketches = false;
  /** What another thread has shared, for the rows that are adopted from it. */
  readonly givenBounds: Map<Ptr, BoundsState> = new Map();
}
