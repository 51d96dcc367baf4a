import { describe, expect, it } from 'vitest';
import { includeCode, regionOf } from '../included.mjs';

const SOURCE = `import x from 'x';
export class A {
  // #region two
  a(): void {
    b();

  }
  // #endregion
}
`;
const read = (path: string): string => {
  if (path === 'src/a.ts') return SOURCE;
  throw new Error('ENOENT');
};
const document = (fence: string, code: string): string =>
  `# Title\n\n\`\`\`${fence}\n${code}\n\`\`\`\n\nafter\n`;

describe('regionOf', () => {
  it('takes the lines between the marks, without their indentation', () => {
    expect(regionOf(SOURCE, 'two')).toEqual(['a(): void {', '  b();', '', '}']);
  });

  it('takes the whole file without a region, nothing of one that is not there', () => {
    expect(regionOf(SOURCE, undefined)?.join('\n')).toBe(SOURCE.trimEnd());
    expect(regionOf(SOURCE, 'three')).toBeUndefined();
  });
});

describe('includeCode', () => {
  it('leaves a document alone that says what the file says', () => {
    const text = document('ts src/a.ts#two', 'a(): void {\n  b();\n\n}');
    expect(includeCode(text, read)).toEqual({ text, problems: [], blocks: 1 });
  });

  it('tells the line of a block that has drifted, and corrects it', () => {
    const { text, problems } = includeCode(document('ts src/a.ts#two', 'a();'), read);
    expect(problems).toEqual(['line 3: is not what src/a.ts says']);
    expect(text).toBe(document('ts src/a.ts#two', 'a(): void {\n  b();\n\n}'));
  });

  it('tells of a file and of a region that are not there', () => {
    expect(includeCode(document('ts src/b.ts', 'x'), read).problems).toEqual(['line 3: no src/b.ts']);
    expect(includeCode(document('ts src/a.ts#no', 'x'), read).problems).toEqual(['line 3: no src/a.ts#no']);
  });

  it('does not touch blocks that name no file', () => {
    const text = `${document('ts', 'x')}${document('ts no-run', 'y')}${document('sh run', 'z')}`;
    expect(includeCode(text, read)).toEqual({ text, problems: [], blocks: 0 });
  });
});
