import { InvalidArgumentError } from 'commander';

/** A parser of whole numbers of at least `min`. */
export function wholeNumber(min: number, max: number = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const n = /^[+-]?\d+$/.test(text) ? Number(text) : Number.NaN;
    if (Number.isSafeInteger(n) && n >= min && n <= max) return n;
    const upTo = max === Number.MAX_SAFE_INTEGER ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a whole number ${upTo}, got ${shown(text)}.`);
  };
}

/** A parser of numbers from `min` to `max`. */
export function decimal(min: number, max: number): (text: string) => number {
  return (text) => {
    const x = text.trim() === '' ? Number.NaN : Number(text);
    if (Number.isFinite(x) && x >= min && x <= max) return x;
    const range = max === Number.POSITIVE_INFINITY ? `of at least ${min}` : `from ${min} to ${max}`;
    throw new InvalidArgumentError(`Expected a number ${range}, got ${shown(text)}.`);
  };
}

const BYTES: Readonly<Record<string, number>> = { '': 1, K: 1e3, M: 1e6, G: 1e9, T: 1e12 };
const BINARY_BYTES: Readonly<Record<string, number>> = { K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** A parser of sizes: `2GB`, `500MiB`, `123456`. */
export function byteCount(text: string): number {
  const [, digits, unit = '', binary] = /^(\d+(?:\.\d+)?)\s*([KMGT]?)(i?)B?$/i.exec(text.trim()) ?? [];
  const scale = (binary ? BINARY_BYTES : BYTES)[unit.toUpperCase()];
  if (digits !== undefined && scale !== undefined) return Math.floor(Number(digits) * scale);
  throw new InvalidArgumentError(`Expected a size such as 2GB or 500MiB, got ${shown(text)}.`);
}

/** A parser of comma-separated lists: `1,2,4`. */
export function list<T>(parse: (text: string) => T): (text: string) => T[] {
  return (text) => text.split(',').map((part) => parse(part.trim()));
}

function shown(text: string): string {
  return text === '' ? 'nothing' : `'${text}'`;
}
