import type { IvfRaBitQFastScanData, RaBitQFastScanData } from '@lutra/core';
import { decodeIndex } from '../src/index.js';
import { fixture } from './fixtures.js';

/** A file of today, and the same index in an older layout. */
export interface LegacyCase {
  readonly name: string;
  readonly fourcc: string;
}

export const LEGACY_CASES: readonly LegacyCase[] = [
  ...['pt-pca-ip', 'pt-pca-few-rows'].flatMap((name) => [
    { name, fourcc: 'PcAm' },
    { name, fourcc: 'PCAm' },
  ]),
  ...['rabitqfs-l2', 'rabitqfs-ip', 'rabitqfs3-l2', 'rabitqfs-bbs64', 'rabitqfs-untrained'].map((name) => ({
    name,
    fourcc: 'Irfs',
  })),
  ...['ivf-rabitqfs-l2', 'ivf-rabitqfs3-ip', 'ivf-rabitqfs-untrained'].map((name) => ({
    name,
    fourcc: 'Iwrf',
  })),
];

/** The bytes of the older layout. */
export function legacyBytes({ name, fourcc }: LegacyCase): Uint8Array<ArrayBuffer> {
  const bytes = Buffer.from(fixture(name));
  if (fourcc === 'Irfs') return own(irfs(bytes));
  if (fourcc === 'Iwrf') return own(iwrf(bytes));
  const at = bytes.indexOf('Pcam');
  const eigenPower = bytes.subarray(at + 4, at + 8);
  const rotation = bytes.subarray(at + 12, at + 13);
  const bins = fourcc === 'PCAm' ? [] : [bytes.subarray(at + 13, at + 17)];
  const head = [bytes.subarray(0, at), Buffer.from(fourcc), eigenPower, rotation, ...bins];
  return own(Buffer.concat([...head, bytes.subarray(at + 17)]));
}

const own = (bytes: Buffer): Uint8Array<ArrayBuffer> => new Uint8Array(bytes);

type FastScan = Pick<RaBitQFastScanData | IvfRaBitQFastScanData, 'rabitq' | 'bbs' | 'M2'>;

/** Bytes of the factors of a vector. */
const factorSize = ({ rabitq: { d, nbBits } }: FastScan): number =>
  nbBits === 1 ? 8 : 20 + Math.ceil((d * (nbBits - 1)) / 8);

/** Signs block by block, and the factors of the `n` vectors in them. */
function split(codes: Uint8Array, n: number, data: FastScan): { signs: Buffer; factors: Buffer[] } {
  const signs = (data.M2 / 2) * data.bbs;
  const stride = signs + factorSize(data) * data.bbs;
  const blocks = Array.from({ length: codes.length / stride }, (_, b) =>
    Buffer.from(codes.subarray(b * stride, b * stride + signs)),
  );
  const factors = Array.from({ length: n }, (_, i) => {
    const at = Math.floor(i / data.bbs) * stride + signs + (i % data.bbs) * factorSize(data);
    return Buffer.from(codes.subarray(at, at + factorSize(data)));
  });
  return { signs: Buffer.concat(blocks), factors };
}

const u64 = (n: number): Buffer => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(n));
  return bytes;
};

const counted = (bytes: Buffer): Buffer => Buffer.concat([u64(bytes.length), bytes]);

const HEADER = 37;
const QUANTIZER = 28;

function irfs(bytes: Buffer): Buffer {
  const data = decodeIndex(new Uint8Array(bytes)) as RaBitQFastScanData;
  const { signs, factors } = split(data.codes, data.ntotal, data);
  const kernel = HEADER + QUANTIZER + 8 + 4 * data.center.length + 1;
  return Buffer.concat([
    Buffer.from('Irfs'),
    bytes.subarray(4, kernel),
    counted(Buffer.concat(factors)),
    bytes.subarray(kernel, kernel + 28),
    counted(signs),
  ]);
}

function iwrf(bytes: Buffer): Buffer {
  const data = decodeIndex(new Uint8Array(bytes)) as IvfRaBitQFastScanData;
  if (data.invlists.kind !== 'block') throw new Error('lists are not in blocks');
  const { codes, ids, nlist } = data.invlists;
  const storage = Buffer.alloc(data.ntotal * factorSize(data));
  const lists = codes.map((blocks, list) => {
    const own = ids[list]!;
    const { signs, factors } = split(blocks, own.length, data);
    factors.forEach((factor, i) => void storage.set(factor, own[i]! * factorSize(data)));
    return Buffer.concat([u64(own.length), ...[...own].map((id) => u64(id)), counted(signs)]);
  });
  const at = bytes.lastIndexOf('ilbl');
  const head = [
    bytes.subarray(4, at),
    counted(storage),
    Buffer.from('ilbl'),
    u64(nlist),
    Buffer.alloc(8, 255),
  ];
  const sizes = [u64(data.bbs), u64((data.M2 / 2) * data.bbs)];
  return Buffer.concat([Buffer.from('Iwrf'), ...head, ...sizes, ...lists]);
}
