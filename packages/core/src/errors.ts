/** What went wrong, as a closed list. Each code has its own shape of `details`. */
export type LutraErrorCode = keyof LutraErrorDetails;

/** The `details` of a `LutraError`, by code. */
export interface LutraErrorDetails {
  /** A value that the callee cannot accept: which argument, what came. */
  ARGUMENT: { argument?: string; value?: unknown; expected?: string; path?: string };
  /** Array sizes that do not fit together, in elements. */
  SHAPE: { argument?: string; expected?: string; actual?: string; path?: string };
  /** The object cannot do this now: untrained, disposed, busy. */
  STATE: { state?: string };
  /** A factory string that does not parse. `index` is the UTF-16 offset of the fault in `input`. */
  SYNTAX: { input: string; index: number; expected: readonly string[] };
  /** Bytes that are not what they should be. `offset` is in bytes from the start of the input. */
  FORMAT: { format: string; field?: string; offset?: number; path?: string };
  /** Valid faiss that is not done here, and whose limit that is. */
  UNSUPPORTED: { feature: string; by: string };
  /** Too large for memory, for the format, or for exact integers. */
  CAPACITY: { wanted?: number; limit?: number; what?: string };
  /** A native or third-party part failed; `cause` holds its error. */
  BACKEND: { backend: string; path?: string };
  /** The caller's `AbortSignal` fired. */
  ABORTED: { reason?: unknown };
}

const BRAND = Symbol.for('@lutra.error');

/**
 * The one error class of Lutra. Recognise it with {@link isLutraError}, not with `instanceof`: two installed copies
 * of this package have two classes and one brand.
 */
export class LutraError<C extends LutraErrorCode = LutraErrorCode> extends Error {
  override readonly name = 'LutraError';
  readonly code: C;
  readonly details: LutraErrorDetails[C];

  /**
   * @param code - one of the closed list of {@link LutraErrorCode}
   * @param message - where, what was expected, what came; lower case, no full stop
   * @param details - the facts of the message, typed by `code`
   */
  constructor(code: C, message: string, details: LutraErrorDetails[C], options?: { cause?: unknown }) {
    super(message, options);
    Object.defineProperty(this, BRAND, { value: true });
    this.code = code;
    this.details = details;
  }
}

/** Whether `e` is a {@link LutraError} of any installed copy of this package, and of `code` if one is given. */
export function isLutraError<C extends LutraErrorCode = LutraErrorCode>(
  e: unknown,
  code?: C,
): e is LutraError<C> {
  if (typeof e !== 'object' || e === null || Reflect.get(e, BRAND) !== true) return false;
  return code === undefined || (e as { code?: unknown }).code === code;
}

/**
 * Throws if `signal` has fired.
 * @throws LutraError `ABORTED`, with the signal's reason as `cause`
 */
export function assertNotAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new LutraError(
      'ABORTED',
      'stopped by the caller',
      { reason: signal.reason },
      { cause: signal.reason },
    );
  }
}
