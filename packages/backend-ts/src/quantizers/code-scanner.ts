import type { Metric } from '@lutra/core';
import { type Ptr, SCALAR_CODES, type ScalarCode } from '@lutra/kernels';
import type { Engine } from '../engine.js';
import { limits, rangeOf } from './scalar-codes.js';
import type { ScalarQuantizer } from './scalar-quantizer.js';
import type { TurboQuant } from './turbo-quant.js';

/** Codes to compare with: of code i, or of code `ids[i]` (u32) unless ids is 0. */
export interface CodesAt {
  readonly codes: Ptr;
  readonly ids: Ptr;
  readonly n: number;
}

/**
 * Codes of whole numbers c. The table of a query is then f32: for l2 a and b, `(2, d)`, with the distance
 * `sum (a - b c)²`; for ip w, `(d)`, and `base`, with the product `base + sum w c`.
 */
export interface WholeNumbers {
  readonly code: ScalarCode;
  /** Their largest. */
  readonly top: number;
  /** What one of each component is worth. */
  readonly widths: Float32Array;
}

/** Codes of floats of 16 bits: queries share the work of widening them, and get the same distances to the bit. */
export interface WideScan {
  /** Writes n vectors as f32 `(n, d)` to `out`. */
  widen(codes: Ptr, n: number, out: Ptr): void;
  /** `out[i]` = distance (or product) of the prepared query to row i, f32 `(n)`. */
  scan(table: Ptr, rows: Ptr, n: number, out: Ptr): void;
}

/** Compares queries with codes of a scalar quantizer where they are. */
export interface CodeScanner {
  /** Bytes of what a query needs. */
  readonly tableBytes: number;
  /** The form of the codes that the kernels read; undefined where others read them. */
  readonly code?: ScalarCode;
  /** How its tables are to be read, where codes are whole numbers. */
  readonly wholeNumbers?: WholeNumbers | undefined;
  readonly wide?: WideScan | undefined;
  /** Components as `offset + width · c` of their codes, whole numbers or floats, where the kernels read them; f32 `(d)`. */
  readonly lines?: { readonly offsets: Float32Array; readonly widths: Float32Array };
  /** Makes a query, `(d)`, ready: `tableBytes` at `table`. */
  prepare(x: Float32Array, table: Ptr): void;
  /** `out[i] = base + distance` (or product) of the prepared query to each code, f32 `(n)`; base is 0 for a distance. */
  scan(table: Ptr, base: number, at: CodesAt, out: Ptr): void;
}

/** The scanner for codes of `sq`, which is trained. */
export function createScanner(engine: Engine, sq: ScalarQuantizer, metric: Metric): CodeScanner {
  if (sq.qtype === '0bit') return new NoCodeScanner(engine);
  const { turbo } = sq;
  if (turbo) return new TurboScanner(engine, sq, turbo, metric);
  if (sq.tableBits !== undefined) return new TableScanner(engine, sq, sq.tableBits, metric);
  return new KernelScanner(engine, sq, metric);
}

/** A component as `offset + width · c` of its code's whole number (or float) c. */
interface Line {
  readonly code: ScalarCode;
  offset(j: number): number;
  width(j: number): number;
}

function lineOf({ qtype, trained, d }: ScalarQuantizer): Line {
  const range = rangeOf(qtype);
  if (range) {
    const { vmin, vdiff } = limits(range, trained, d);
    const { code, top } = range;
    return {
      code,
      offset: (j) => vmin(j) + (0.5 * vdiff(j)) / top,
      width: (j) => vdiff(j) / top,
    };
  }
  const offset = qtype === '8bit_direct_signed' ? -128 : 0;
  const code = qtype === 'fp16' || qtype === 'bf16' ? SCALAR_CODES[qtype] : SCALAR_CODES.bits8;
  return { code, offset: () => offset, width: () => 1 };
}

/** On the kernels: tables of `x - offset` and the widths, or of the products of x with both. */
class KernelScanner implements CodeScanner {
  readonly tableBytes: number;
  readonly wholeNumbers: WholeNumbers | undefined;
  readonly wide: WideScan | undefined;
  readonly #engine: Engine;
  readonly #d: number;
  readonly #codeSize: number;
  readonly code: ScalarCode;
  readonly #ip: boolean;
  readonly lines: { readonly offsets: Float32Array; readonly widths: Float32Array };

  constructor(engine: Engine, sq: ScalarQuantizer, metric: Metric) {
    const { d, codeSize } = sq;
    const { code, offset, width } = lineOf(sq);
    this.#engine = engine;
    this.#d = d;
    this.#codeSize = codeSize;
    this.code = code;
    this.#ip = metric === 'ip';
    this.lines = {
      offsets: Float32Array.from({ length: d }, (_, j) => offset(j)),
      widths: Float32Array.from({ length: d }, (_, j) => width(j)),
    };
    const top = code === SCALAR_CODES.bits8 ? 255 : code === SCALAR_CODES.bits6 ? 63 : 15;
    this.wholeNumbers = code < SCALAR_CODES.fp16 ? { code, top, widths: this.lines.widths } : undefined;
    this.wide = this.wholeNumbers ? undefined : this.#wideScan();
    this.tableBytes = Math.ceil((this.#ip ? d + 1 : 2 * d) / 4) * 16;
  }

  /** The tables begin with the query as it is. */
  #wideScan(): WideScan {
    const { kernels } = this.#engine;
    const [d, code] = [this.#d, this.code];
    return {
      widen: (codes, n, out) => kernels.sqWiden(code, codes, n * d, out),
      scan: this.#ip
        ? (table, rows, n, out) => kernels.ipNy(table, rows, d, n, out)
        : (table, rows, n, out) => kernels.l2sqrNy(table, rows, d, n, out),
    };
  }

  prepare(x: Float32Array, table: Ptr): void {
    const d = this.#d;
    const { offsets, widths } = this.lines;
    const { floats } = this.#engine;
    const at = table >>> 2;
    if (this.#ip) {
      let base = 0;
      for (let j = 0; j < d; j++) {
        base += x[j]! * offsets[j]!;
        floats[at + j] = x[j]! * widths[j]!;
      }
      floats[at + d] = base;
    } else {
      for (let j = 0; j < d; j++) {
        floats[at + j] = x[j]! - offsets[j]!;
        floats[at + d + j] = widths[j]!;
      }
    }
  }

  scan(table: Ptr, base: number, { codes, ids, n }: CodesAt, out: Ptr): void {
    const { kernels, floats } = this.#engine;
    const d = this.#d;
    if (this.#ip) {
      const sum = base + floats[(table >>> 2) + d]!;
      kernels.sqIp(this.code, table, sum, codes, this.#codeSize, d, ids, n, out);
    } else kernels.sqL2(this.code, table, table + 4 * d, codes, this.#codeSize, d, ids, n, out);
  }
}

/** Vectors without a code: all at the base. */
class NoCodeScanner implements CodeScanner {
  readonly tableBytes = 16;
  readonly #engine: Engine;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  prepare(): void {}

  scan(_table: Ptr, base: number, { n }: CodesAt, out: Ptr): void {
    this.#engine.memory.f32(out, n).fill(base);
  }
}

/** Codes that are few numbers from one table: through a table of what each is worth in each component. */
class TableScanner implements CodeScanner {
  readonly tableBytes: number;
  readonly #engine: Engine;
  readonly #sq: ScalarQuantizer;
  readonly #bits: number;
  readonly #ip: boolean;

  constructor(engine: Engine, sq: ScalarQuantizer, bits: number, metric: Metric) {
    this.#engine = engine;
    this.#sq = sq;
    this.#bits = bits;
    this.#ip = metric === 'ip';
    this.tableBytes = sq.d * 2 ** bits * 4;
  }

  prepare(x: Float32Array, table: Ptr): void {
    const { d, trained } = this.#sq;
    const k = 2 ** this.#bits;
    const { floats } = this.#engine;
    for (let j = 0, at = table >>> 2; j < d; j++, at += k) {
      const v = x[j]!;
      for (let c = 0; c < k; c++) floats[at + c] = this.#ip ? v * trained[c]! : (v - trained[c]!) ** 2;
    }
  }

  scan(table: Ptr, base: number, at: CodesAt, out: Ptr): void {
    const { kernels } = this.#engine;
    const { d, codeSize } = this.#sq;
    const codes = gathered(this.#engine, at, codeSize);
    if (this.#bits === 8) kernels.pq8Scan(codes, at.n, d, table, base, out);
    else if (this.#bits === 4) kernels.pq4CodesScan(codes, at.n, d, codeSize, table, base, out);
    else kernels.pqBitsScan(codes, at.n, d, this.#bits, codeSize, table, base, out);
  }
}

/** Where codes lie one after the other: where they are, or copies of those by index. */
function gathered(engine: Engine, { codes, ids, n }: CodesAt, codeSize: number): Ptr {
  if (ids === 0) return codes;
  const to = engine.scratch('sq.gathered', n * codeSize);
  const memory = new Uint8Array(engine.memory.buffer);
  const { words } = engine;
  for (let i = 0; i < n; i++) {
    const from = codes + (words[(ids >>> 2) + i]! >>> 0) * codeSize;
    memory.copyWithin(to + i * codeSize, from, from + codeSize);
  }
  return to;
}

/** TurboQuant, code by code. Its estimate of an l2 distance is not the distance to what a code decodes to. */
class TurboScanner implements CodeScanner {
  readonly tableBytes: number;
  readonly #engine: Engine;
  readonly #codeSize: number;
  readonly #turbo: TurboQuant;
  readonly #ip: boolean;

  constructor(engine: Engine, sq: ScalarQuantizer, turbo: TurboQuant, metric: Metric) {
    this.#engine = engine;
    this.#codeSize = sq.codeSize;
    this.#turbo = turbo;
    this.#ip = metric === 'ip';
    this.tableBytes = Math.ceil(sq.d / 4) * 16;
  }

  prepare(x: Float32Array, table: Ptr): void {
    this.#engine.memory.f32(table, x.length).set(x);
  }

  scan(table: Ptr, base: number, { codes, ids, n }: CodesAt, out: Ptr): void {
    const { memory, words } = this.#engine;
    const query = this.#turbo.prepare(memory.f32(table, this.#turbo.d));
    const bytes = new Uint8Array(memory.buffer);
    const values = memory.f32(out, n);
    for (let i = 0; i < n; i++) {
      const at = codes + (ids === 0 ? i : words[(ids >>> 2) + i]! >>> 0) * this.#codeSize;
      values[i] = base + this.#turbo.distance(query, bytes, at, this.#ip);
    }
  }
}
