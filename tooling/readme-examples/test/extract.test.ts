import { describe, expect, it } from 'vitest';
import { compareOutput, extractBlocks } from '../extract.mjs';

const markdown = [
  '# a',
  '```ts',
  "console.log('one'); // → one",
  'console.log([1,',
  '  2].length);',
  '// → 2',
  '```',
  '```ts no-run',
  "console.log('never'); // → x",
  '```',
  '```sh',
  'npm install lutra',
  '```',
  '````md',
  '```ts',
  'shown, not run',
  '```',
  '````',
  '  ```sh run',
  'echo hi # → hi',
  '  ```',
  '```js',
  'nor this',
  '```',
].join('\n');

describe('extractBlocks', () => {
  it('takes exactly `ts` and `sh run`', () => {
    expect(extractBlocks(markdown)).toEqual([
      {
        language: 'ts',
        line: 2,
        code: "console.log('one'); // → one\nconsole.log([1,\n  2].length);\n// → 2",
        expected: ['one', '2'],
      },
      { language: 'sh', line: 19, code: 'echo hi # → hi', expected: ['hi'] },
    ]);
  });

  it('reads CRLF', () => {
    expect(extractBlocks(markdown.replaceAll('\n', '\r\n'))).toEqual(extractBlocks(markdown));
  });
});

describe('compareOutput', () => {
  it.each([
    [['one', '2'], 'one\n2\n', undefined],
    [['one'], 'one  \r\n', undefined],
    [['a (b) [c]'], 'a (b) [c]\n', undefined],
    [['took … ms'], 'took 12.5 ms\n', undefined],
    [[], 'anything\n', undefined],
    [['one'], 'two\n', 'line 1: promised "one", printed "two"'],
    [['one'], '', 'line 1: promised "one", printed nothing'],
    [['one'], 'one\ntwo\n', 'line 2: printed "two", promised nothing'],
    [['a.b'], 'acb\n', 'line 1: promised "a.b", printed "acb"'],
    [['took … ms'], 'took 1 s\n', 'line 1: promised "took … ms", printed "took 1 s"'],
  ])('holds %j against %j', (expected, output, problem) => {
    expect(compareOutput(expected, output)).toBe(problem);
  });
});
