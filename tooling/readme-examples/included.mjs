import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { markdownBelow } from './documents.mjs';

/** A fence that names a language, a file and perhaps a region: three backquotes, `ts examples/x/src/y.ts#region`. */
const FENCE = /^```(\w+) ([\w./-]+\.\w+)(?:#([\w-]+))?$/;

/**
 * The lines between `// #region name` and the next `// #endregion`, without their common indentation.
 * @param {string} source
 * @param {string | undefined} region - the whole file if there is none
 * @returns {string[] | undefined}
 */
export function regionOf(source, region) {
  const lines = source.replace(/\n$/, '').split('\n');
  if (region === undefined) return lines;
  const start = lines.findIndex((line) => line.trim() === `// #region ${region}`);
  const length = lines.slice(start + 1).findIndex((line) => line.trim() === '// #endregion');
  if (start < 0 || length < 0) return undefined;
  const inside = lines.slice(start + 1, start + 1 + length);
  const indents = inside.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const common = Math.min(...indents);
  return inside.map((line) => line.slice(common));
}

/**
 * `markdown` with every block that names a file made the text of that file.
 * @param {string} markdown
 * @param {(path: string) => string} read
 * @returns {{ text: string, problems: string[], blocks: number }}
 */
export function includeCode(markdown, read) {
  const out = [];
  const problems = [];
  let blocks = 0;
  const lines = markdown.split('\n');
  for (let at = 0; at < lines.length; at++) {
    out.push(lines[at]);
    const [, , path, region] = FENCE.exec(lines[at]) ?? [];
    if (path === undefined) continue;
    const length = lines.slice(at + 1).indexOf('```');
    const old = lines.slice(at + 1, at + 1 + length);
    const code = codeOf(path, region, read);
    blocks++;
    if (code === undefined) problems.push(`line ${at + 1}: no ${path}${region ? `#${region}` : ''}`);
    else if (code.join('\n') !== old.join('\n')) problems.push(`line ${at + 1}: is not what ${path} says`);
    out.push(...(code ?? old));
    at += length;
  }
  return { text: out.join('\n'), problems, blocks };
}

function codeOf(path, region, read) {
  try {
    return regionOf(read(path), region);
  } catch {
    return undefined;
  }
}

/**
 * Compares the code in the documents of `docs/` with the files that it is from, or writes it anew.
 * @param {string} root
 * @param {{ update: boolean }} options
 * @returns {string[]} what is wrong, one sentence each
 */
export function checkIncluded(root, { update }) {
  const read = (path) => readFileSync(join(root, path), 'utf8');
  return markdownBelow(root, 'docs').flatMap((document) => {
    const { text, problems } = includeCode(read(document), read);
    const missing = problems.filter((problem) => problem.includes(': no '));
    if (!update) return problems.map((problem) => `${document} ${problem}; --update writes it`);
    writeFileSync(join(root, document), text);
    return missing.map((problem) => `${document} ${problem}`);
  });
}
