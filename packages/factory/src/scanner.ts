import { INT32_MAX, SyntaxFault } from './syntax-fault.js';

const SUFFIXES: readonly string[] = [
  'RFlat',
  'Refine(<index>)',
  'RefinePanorama(<index>)',
  'IDMap',
  'IDMap2',
];
/** The tokens that stand behind an index. */
export const SUFFIX_NAMES = ['RefinePanorama', 'Refine', 'RFlat', 'IDMap2', 'IDMap'] as const;

/**
 * Reads `input[pos, end)` from left to right. Every attempt that fails is remembered for the place where it was made, so
 * that an error there can list all that would have been accepted.
 */
export class Scanner {
  private wanted: string[] = [];
  private wantedAt = -1;

  constructor(
    readonly input: string,
    public pos: number,
    readonly end: number,
  ) {}

  get done(): boolean {
    return this.pos >= this.end;
  }

  /** Whether `text` comes next. */
  at(text: string): boolean {
    return this.pos + text.length <= this.end && this.input.startsWith(text, this.pos);
  }

  /** Moves over `text` if it comes next; `label` is how an error would call it. */
  take(text: string, label: string = text): boolean {
    if (this.at(text)) {
      this.pos += text.length;
      return true;
    }
    this.want(label);
    return false;
  }

  /** Moves over the first of `texts` that comes next; longer ones must stand before their own prefixes. */
  takeOne<T extends string>(texts: readonly T[]): T | undefined {
    return texts.find((text) => this.take(text));
  }

  expect(text: string): void {
    if (!this.take(text)) this.fail();
  }

  private isDigit(at: number): boolean {
    const c = at < this.end ? this.input.charCodeAt(at) : 0;
    return c >= 48 && c <= 57;
  }

  /** A decimal number, or undefined if no digit comes next. */
  optionalInt(label: string): number | undefined {
    const start = this.pos;
    while (this.isDigit(this.pos)) this.pos++;
    if (this.pos === start) {
      this.want(`<${label}>`);
      return undefined;
    }
    const value = Number(this.input.slice(start, this.pos));
    if (value > INT32_MAX) {
      throw new SyntaxFault(start, [`<${label}> up to ${INT32_MAX}`], `expected a number up to ${INT32_MAX}`);
    }
    return value;
  }

  int(label: string): number {
    return this.optionalInt(label) ?? this.fail();
  }

  /** One digit in `[min, max]`, or undefined. */
  digit(min: number, max: number): number | undefined {
    const value = this.isDigit(this.pos) ? this.input.charCodeAt(this.pos) - 48 : -1;
    if (value < min || value > max) {
      this.want(`<${min}-${max}>`);
      return undefined;
    }
    this.pos++;
    return value;
  }

  /** `_` and a number, if both come next. */
  underscoreInt(label: string): number | undefined {
    if (!this.at('_') || !this.isDigit(this.pos + 1)) {
      this.want(`_<${label}>`);
      return undefined;
    }
    this.pos++;
    return this.int(label);
  }

  /** Moves over all characters of `alphabet` that come next and returns them. */
  takeWhile(alphabet: string): string {
    const start = this.pos;
    while (!this.done && alphabet.includes(this.input[this.pos] as string)) this.pos++;
    return this.input.slice(start, this.pos);
  }

  /** Remembers that `label` would have been accepted here. */
  want(label: string): void {
    if (this.wantedAt !== this.pos) this.wanted = [];
    this.wantedAt = this.pos;
    if (!this.wanted.includes(label)) this.wanted.push(label);
  }

  /** Gives up here, or at `index`. */
  fail(what?: string, expected?: readonly string[], index: number = this.pos): never {
    const list = expected ?? (this.wantedAt === index ? this.wanted : []);
    throw new SyntaxFault(index, list, what ?? `expected ${describe(list)}`);
  }

  /** Gives up unless the range is read to its end. What may follow a complete index are only wrappers. */
  finish(): void {
    if (this.done) return;
    if (!this.at(',')) {
      this.want('","');
      this.want('the end');
      this.fail();
    }
    this.pos++;
    this.skipSuffixes();
    this.fail('expected a suffix', SUFFIXES);
  }

  /** A good suffix before a bad one is not the fault. */
  private skipSuffixes(): void {
    for (;;) {
      const name = SUFFIX_NAMES.find((s) => this.at(s));
      const next = name === undefined ? -1 : this.endOfSuffix(this.pos + name.length);
      if (next < 0 || this.input[next] !== ',') return;
      this.pos = next + 1;
    }
  }

  /** Behind the parentheses that open at `at`, or `at` itself. */
  private endOfSuffix(at: number): number {
    let depth = 0;
    for (let i = at; i < this.end; i++) {
      if (this.input[i] === '(') depth++;
      if (this.input[i] === ')') depth--;
      if (depth === 0) return this.input[at] === '(' ? i + 1 : i;
    }
    return -1;
  }
}

function describe(expected: readonly string[]): string {
  if (expected.length === 0) return 'the end';
  const shown = expected.map((e) =>
    e.startsWith('<') || e.startsWith('"') || e === 'the end' ? e : `"${e}"`,
  );
  if (shown.length === 1) return shown[0] as string;
  return `${shown.slice(0, -1).join(', ')} or ${shown[shown.length - 1]}`;
}
