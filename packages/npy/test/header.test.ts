import { describe, expect, it } from 'vitest';
import { formatHeader } from '../src/header.write.js';
import { decodeNpy, encodeNpy, parseNpyHeader } from '../src/index.js';
import { expectError } from './expect-error.js';

const latin = (text: string): Uint8Array => Uint8Array.from(text, (c) => c.charCodeAt(0));

/** A version 1 file with this dictionary and `body` bytes of zeros. */
function file(dict: string, body = 24): Uint8Array {
  const length = String.fromCharCode(dict.length & 255, dict.length >> 8);
  return latin(`\x93NUMPY\x01\x00${length}${dict}${'\0'.repeat(body)}`);
}

const GOOD = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }\n";

describe('the header', () => {
  it('is what NumPy writes', () => {
    const bytes = formatHeader({ dtype: '<f4', shape: [2, 3], fortranOrder: false });
    expect(bytes.length).toBe(128);
    const text = new TextDecoder('latin1').decode(bytes.subarray(10));
    expect(text.trimEnd()).toBe("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }");
    expect(text.endsWith('\n')).toBe(true);
    expect(parseNpyHeader(file(GOOD))).toEqual({
      version: 1,
      dtype: '<f4',
      shape: [2, 3],
      fortranOrder: false,
      count: 6,
      dataOffset: 70,
      dataBytes: 24,
    });
  });

  it('has one length for any number of rows', () => {
    const lengths = [0, 9, 10, 99_999, 2 ** 31, Number.MAX_SAFE_INTEGER].map(
      (n) => formatHeader({ dtype: '<f4', shape: [n, 256], fortranOrder: false }).length,
    );
    expect(new Set(lengths).size).toBe(1);
  });

  it('turns to version 2 when version 1 is too small, and back to the same array', async () => {
    const shape = new Array<number>(30_000).fill(1);
    const bytes = encodeNpy({ shape, data: Float32Array.of(7) });
    expect([...bytes.subarray(6, 8)]).toEqual([2, 0]);
    expect(decodeNpy(bytes)).toEqual({ shape, dtype: '<f4', fortranOrder: false, data: Float32Array.of(7) });
    const wanted = '65535 bytes of header';
    await expectError(
      () => encodeNpy({ shape, data: Float32Array.of(7) }, { version: 1 }),
      'ARGUMENT',
      wanted,
    );
  });

  it('parses from the first part of a file', () => {
    expect(parseNpyHeader(file(GOOD).subarray(0, 70)).shape).toEqual([2, 3]);
    expect(parseNpyHeader(file(GOOD).buffer as ArrayBuffer).dataBytes).toBe(24);
  });

  const bad: [string, string, string][] = [
    ['a missing key', "{'descr': '<f4', 'shape': (2, 3)}", 'header wants'],
    ['a missing shape', "{'descr': '<f4', 'fortran_order': False}", 'header wants'],
    ['no descr', "{'fortran_order': False, 'shape': (2, 3)}", 'header has no descr'],
    ['another key', "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), 'x': 1}", 'header wants'],
    [
      'a key twice',
      "{'descr': '<f4', 'fortran_order': False, 'shape': (6,), 'shape': (2, 3)}",
      'header wants',
    ],
    ['an order that is no bool', "{'descr': '<f4', 'fortran_order': 0, 'shape': (2, 3)}", 'header wants'],
    ['a negative axis', "{'descr': '<f4', 'fortran_order': False, 'shape': (-2, 3)}", 'no valid shape'],
    ['a fraction', "{'descr': '<f4', 'fortran_order': False, 'shape': (2.5, 3)}", 'no valid shape'],
    ['an axis in hex', "{'descr': '<f4', 'fortran_order': False, 'shape': (0x2, 3)}", 'header wants'],
    ['an axis with exponent', "{'descr': '<f4', 'fortran_order': False, 'shape': (2e0, 3)}", 'header wants'],
    [
      'an axis beyond 2^53',
      "{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,)}",
      'no valid shape',
    ],
    ['axes without comma', "{'descr': '<f4', 'fortran_order': False, 'shape': (2 3)}", 'header wants'],
    ['a number for a shape', "{'descr': '<f4', 'fortran_order': False, 'shape': 6}", 'header wants'],
    ['one axis without comma', "{'descr': '<f4', 'fortran_order': False, 'shape': (6)}", 'header wants'],
    ['no dictionary', '[1, 2]', 'is no dictionary'],
    ['missing commas', "{'descr': '<f4' 'fortran_order': False 'shape': (2, 3)}", 'header wants'],
    [
      'a dtype that is none',
      "{'descr': 'hello', 'fortran_order': False, 'shape': (2, 3)}",
      "'hello' is no dtype",
    ],
    [
      'too many elements',
      "{'descr': '<f8', 'fortran_order': False, 'shape': (94906267, 94906267)}",
      'beyond 2^53 bytes',
    ],
    [
      'more elements than bytes',
      "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3)}",
      'wants 48 bytes',
    ],
  ];
  it.each(bad)('refuses %s', async (_, dict, says) => {
    const error = await expectError(() => decodeNpy(file(dict)), 'FORMAT', says);
    expect(error.details).toMatchObject({ format: 'npy' });
  });

  it('refuses lengths beyond the file and beyond reason', async () => {
    const bytes = file(GOOD);
    bytes[9] = 0xff;
    await expectError(() => decodeNpy(bytes), 'FORMAT', 'header says 65340 bytes, 84 left at offset 10');
    const long = new Uint8Array((1 << 20) + 100);
    long.set(latin('\x93NUMPY\x02\x00\x01\x00\x10\x00'));
    await expectError(() => decodeNpy(long), 'CAPACITY', 'header says 1048577 bytes');
    await expectError(
      () => decodeNpy(latin('\x93NUMPY\x02\x00\x01\x00')),
      'FORMAT',
      'header length wants 4 bytes',
    );
    await expectError(() => decodeNpy(latin('PK\x03\x04 some zip file')), 'FORMAT', 'read by readNpz');
  });

  it('refuses or ignores what follows the elements', async () => {
    await expectError(() => decodeNpy(file(GOOD, 25)), 'FORMAT', 'wants 24 bytes, found 25: 1 trailing');
    expect(decodeNpy(file(GOOD, 25), { trailing: 'ignore' }).data.length).toBe(6);
  });

  it('reads the bare question mark for booleans and takes any byte but 0 for true', () => {
    const bytes = file("{'descr': '?', 'fortran_order': False, 'shape': (3,)}", 3);
    bytes.set([0, 7, 1], bytes.length - 3);
    expect(decodeNpy(bytes)).toMatchObject({ dtype: '|b1', data: Uint8Array.of(0, 1, 1) });
    expect(bytes.at(-2)).toBe(7);
  });
});
