/**
 * @typedef {object} Block
 * @property {'ts' | 'sh'} language
 * @property {number} line - of the opening fence, from 1
 * @property {string} code
 * @property {string[]} expected - printed lines that the block promises, in order
 */

const runnable = new Map([
  ['ts', /** @type {const} */ ('ts')],
  ['sh run', /** @type {const} */ ('sh')],
]);

/** `// → text` in TypeScript, `# → text` in a shell; after code or on a line of its own. */
const promise = /(?:\/\/|#) → ?(.*)$/;

/** @param {string} code */
const promises = (code) =>
  code.split('\n').flatMap((line) => {
    const match = promise.exec(line);
    return match ? [(match[1] ?? '').trimEnd()] : [];
  });

/**
 * The blocks of a Markdown text whose info string is exactly `ts` or `sh run`. Others (`ts no-run`, `sh`) are prose.
 * @param {string} markdown
 * @returns {Block[]}
 */
export function extractBlocks(markdown) {
  const blocks = [];
  let open;
  for (const [index, line] of markdown.split(/\r?\n/).entries()) {
    const fence = /^\s*(`{3,}|~{3,})\s*(.*)$/.exec(line);
    if (!open && fence) {
      open = { fence: fence[1], info: fence[2].trim(), line: index + 1, lines: [] };
    } else if (open && fence && fence[2] === '' && fence[1].startsWith(open.fence)) {
      const language = runnable.get(open.info);
      const code = open.lines.join('\n');
      if (language) blocks.push({ language, line: open.line, code, expected: promises(code) });
      open = undefined;
    } else open?.lines.push(line);
  }
  return blocks;
}

/** Whether a printed line is the promised one; `…` in the promise stands for anything. */
const matches = (promised, printed) => {
  const pattern = promised.split('…').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${pattern.join('.*')}$`).test(printed);
};

/**
 * What differs between promised and printed lines. A block that promises nothing may print anything; one that promises
 * something must print that and nothing else.
 * @param {string[]} expected
 * @param {string} output
 * @returns {string | undefined}
 */
export function compareOutput(expected, output) {
  if (expected.length === 0) return undefined;
  const printed = output.split(/\r?\n/).map((line) => line.trimEnd());
  while (printed.at(-1) === '') printed.pop();
  for (let i = 0; i < Math.max(expected.length, printed.length); i++) {
    if (printed[i] === undefined) return `line ${i + 1}: promised "${expected[i]}", printed nothing`;
    if (expected[i] === undefined) return `line ${i + 1}: printed "${printed[i]}", promised nothing`;
    if (!matches(expected[i], printed[i]))
      return `line ${i + 1}: promised "${expected[i]}", printed "${printed[i]}"`;
  }
  return undefined;
}
