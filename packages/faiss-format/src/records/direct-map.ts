import type { DirectMapData } from '@lutra/core';
import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteSink } from '../bytes/byte-sink.js';
import type { Judge } from '../bytes/judge.js';
import type { Reading } from '../bytes/reading.js';

const KINDS = ['none', 'array', 'hash'] as const;
const NO_PLACES: BigInt64Array = new BigInt64Array(0);

/** Reads a type byte, an array (empty unless that is the type), and pairs if they are the type. */
export function* readDirectMap(r: ByteReader, ntotal: number): Reading<DirectMapData> {
  const type = yield* r.u8('directMap');
  const kind = KINDS[type];
  if (kind === undefined) r.value(false, 'directMap', 'a type, 0 to 2', type);
  const places = yield* r.i64Vector('directMap.places');
  if (kind !== 'array') r.length('directMap.places', places.length, 0);
  const data: DirectMapData =
    kind === 'array'
      ? { kind, places }
      : kind === 'hash'
        ? { kind, pairs: yield* r.i64Vector('directMap.pairs', 2) }
        : { kind: 'none' };
  check(data, ntotal, r);
  return data;
}

/** Writes the direct map of an IVF of `ntotal` vectors. */
export function writeDirectMap(data: DirectMapData, ntotal: number, out: ByteSink): void {
  check(data, ntotal, out);
  out.u8(KINDS.indexOf(data.kind));
  out.i64Vector('directMap.places', data.kind === 'array' ? data.places : NO_PLACES);
  if (data.kind === 'hash') out.i64Vector('directMap.pairs', data.pairs, 2);
}

function check(data: DirectMapData, ntotal: number, judge: Judge): void {
  judge.value(KINDS.includes(data.kind), 'directMap', 'none, array or hash', data.kind);
  if (data.kind === 'array') judge.length('directMap.places', data.places.length, ntotal);
  if (data.kind === 'hash') {
    judge.value(data.pairs.length % 2 === 0, 'directMap.pairs', 'an even length', data.pairs.length);
  }
}
