import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const script = fileURLToPath(new URL('../faiss_side.py', import.meta.url));
const python = process.env.LUTRA_PYTHON ?? 'python3';

/** Runs the Python half; what it writes to stderr becomes the message of the error. */
export async function faissSide(...args: (string | number)[]): Promise<void> {
  await promisify(execFile)(python, [script, ...args.map(String)]);
}

export async function readFloats(dir: string, name: string): Promise<Float32Array> {
  const bytes = await readFile(join(dir, name));
  return new Float32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

export async function readLabels(dir: string, name: string): Promise<Float64Array> {
  const bytes = await readFile(join(dir, name));
  const labels = new BigInt64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
  return Float64Array.from(labels, Number);
}
