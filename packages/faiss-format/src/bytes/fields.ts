import type { ByteReader } from './byte-reader.js';
import type { ByteSink } from './byte-sink.js';
import type { Reading } from './reading.js';

/** How one field is read and written. */
export interface Field<V> {
  read(r: ByteReader, name: string): Reading<V>;
  write(out: ByteSink, name: string, value: V): void;
}

/** The fields of an object in the order of the file, by member. */
export type FieldTable<T> = { readonly [K in keyof T]-?: Field<T[K]> };

/** Reads the members of a table in its order; `prefix` stands before their names in messages. */
export function* readFields<T extends object>(r: ByteReader, table: FieldTable<T>, prefix = ''): Reading<T> {
  const data: Partial<T> = {};
  for (const member of Object.keys(table) as (keyof T & string)[]) {
    data[member] = yield* table[member].read(r, prefix + member);
  }
  return data as T;
}

/** Writes the members of a table in its order. */
export function writeFields<T extends object>(
  out: ByteSink,
  table: FieldTable<T>,
  data: T,
  prefix = '',
): void {
  for (const member of Object.keys(table) as (keyof T & string)[]) {
    table[member].write(out, prefix + member, data[member]);
  }
}

export const u8: Field<number> = {
  read: (r, name) => r.u8(name),
  write: (out, name, x) => {
    out.value(Number.isInteger(x) && x >= 0 && x <= 255, name, 'an integer from 0 to 255', x);
    out.u8(x);
  },
};

export const i8: Field<number> = {
  read: (r, name) => r.i8(name),
  write: (out, name, x) => {
    out.value(Number.isInteger(x) && x >= -128 && x <= 127, name, 'an integer from -128 to 127', x);
    out.u8(x & 0xff);
  },
};

export const bool: Field<boolean> = {
  read: (r, name) => r.bool(name),
  write: (out, name, x) => out.bool(name, x),
};

export const i32: Field<number> = {
  read: (r, name) => r.i32(name),
  write: (out, name, x) => out.i32(name, x),
};

export const u64: Field<number> = {
  read: (r, name) => r.u64(name),
  write: (out, name, x) => out.u64(name, x),
};

export const f32: Field<number> = {
  read: (r, name) => r.f32(name),
  write: (out, name, x) => out.f32(name, x),
};

export const f32Array: Field<Float32Array> = {
  read: (r, name) => r.f32Vector(name),
  write: (out, name, x) => out.f32Vector(name, x),
};

export const f64Array: Field<Float64Array> = {
  read: (r, name) => r.f64Vector(name),
  write: (out, name, x) => out.f64Vector(name, x),
};

export const i32Array: Field<Int32Array> = {
  read: (r, name) => r.i32Vector(name),
  write: (out, name, x) => out.i32Vector(name, x),
};

/** int64 as safe integers. */
export const idArray: Field<Float64Array> = {
  read: (r, name) => r.idVector(name),
  write: (out, name, x) => out.idVector(name, x),
};

/** An enum that faiss stores as int: the position of the name is the number. */
export function enumeration<T extends string>(names: readonly T[]): Field<T> {
  return {
    *read(r: ByteReader, name: string): Reading<T> {
      const number = yield* r.i32(name);
      const found = names[number];
      if (found === undefined) return r.fail(name, r.offset - 4, `0 to ${names.length - 1}`, number);
      return found;
    },
    write(out: ByteSink, name: string, x: T): void {
      const number = names.indexOf(x);
      out.value(number >= 0, name, `one of ${names.join(', ')}`, x);
      out.i32(name, number);
    },
  };
}
