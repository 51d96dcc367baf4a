import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { extractBlocks } from './extract.mjs';

const exists = (root) => (path) => existsSync(join(root, path));
const below = (root, folder) => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)) : []);

/** @returns {string[]} Markdown files of a folder and its subfolders */
export function markdownBelow(root, folder) {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return markdownBelow(root, path);
    return entry.name.endsWith('.md') ? [path] : [];
  });
}

/**
 * The documents with examples, and their runnable blocks.
 * @param {string} root
 * @returns {{ document: string, blocks: import('./extract.mjs').Block[] }[]}
 */
export function readDocuments(root) {
  const readmes = ['packages', 'apps', 'examples'].flatMap((parent) =>
    below(root, parent).map((name) => `${parent}/${name}/README.md`),
  );
  return [
    ...['README.md', ...readmes, 'bench/README.md'].filter(exists(root)),
    ...markdownBelow(root, 'docs'),
  ]
    .map((document) => ({ document, blocks: extractBlocks(readFileSync(join(root, document), 'utf8')) }))
    .filter(({ blocks }) => blocks.length > 0);
}
