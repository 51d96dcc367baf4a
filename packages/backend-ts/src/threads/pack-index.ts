import type { IndexData } from '@lutra/core';
import type { KernelMemory, Ptr } from '@lutra/kernels';
import type { Engine } from '../engine.js';

/** The arrays that live in kernel memory, by what their elements are. */
const KINDS = ['u8', 'i32', 'f32', 'f64'] as const;
type ElementKind = (typeof KINDS)[number];

/** An array in kernel memory, or many of one kind, as places instead of contents. */
interface Places {
  readonly places: ElementKind;
  readonly many: boolean;
  /** Pointers and lengths in turn. */
  readonly at: Float64Array;
}

/** An `IndexData` whose arrays are places in shared memory where they lie there. Other arrays are carried along. */
export type PackedIndex = unknown;

/**
 * `data` for a thread that shares `memory`: small, whatever the size of the index. Direct maps stay behind: a search needs
 * none.
 */
export function packIndex(data: IndexData, memory: KernelMemory): PackedIndex {
  const { buffer } = memory;
  const pack = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) return value.buffer === buffer ? placesOf([value], false) : value;
    if (Array.isArray(value)) {
      const inside = value.every((v) => ArrayBuffer.isView(v) && (v.buffer === buffer || v.byteLength === 0));
      return inside && value.length > 0 ? placesOf(value, true) : value.map(pack);
    }
    return Object.fromEntries(
      Object.entries(value).map(([key, v]) => [key, key === 'directMap' ? { kind: 'none' } : pack(v)]),
    );
  };
  return pack(data);
}

function placesOf(views: readonly ArrayBufferView[], many: boolean): Places {
  const at = new Float64Array(2 * views.length);
  views.forEach((view, i) => {
    at[2 * i] = view.byteOffset;
    at[2 * i + 1] = (view as Uint8Array).length;
  });
  return { places: kindOf(views[0]!), many, at };
}

function kindOf(view: ArrayBufferView): ElementKind {
  if (view instanceof Float32Array) return 'f32';
  if (view instanceof Float64Array) return 'f64';
  return view instanceof Int32Array ? 'i32' : 'u8';
}

/** The index again, over the memory of `engine`, with its arrays given over to whoever loads it. */
export function unpackIndex(packed: PackedIndex, engine: Engine): IndexData {
  const view = (kind: ElementKind, ptr: Ptr, n: number): ArrayBufferView => {
    const array = engine.memory[kind](ptr, n);
    if (n > 0) engine.giveOver(array);
    return array;
  };
  const unpack = (value: unknown): unknown => {
    if (typeof value !== 'object' || value === null) return value;
    if (ArrayBuffer.isView(value)) {
      // what is shared is read where it is
      if (isShared(value.buffer)) engine.farBuffers.add(value.buffer);
      return value;
    }
    if (Array.isArray(value)) return value.map(unpack);
    if (!isPlaces(value)) {
      return Object.fromEntries(Object.entries(value).map(([key, v]) => [key, unpack(v)]));
    }
    const { places, many, at } = value;
    const views = Array.from({ length: at.length / 2 }, (_, i) => view(places, at[2 * i]!, at[2 * i + 1]!));
    return many ? views : views[0];
  };
  return unpack(packed) as IndexData;
}

function isPlaces(value: object): value is Places {
  return 'places' in value && KINDS.includes(value.places as ElementKind);
}

function isShared(buffer: ArrayBufferLike): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && buffer instanceof SharedArrayBuffer;
}
