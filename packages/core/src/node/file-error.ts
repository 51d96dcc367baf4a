import { isLutraError, LutraError } from '../errors.js';

const SENTENCES: Readonly<Record<string, string>> = {
  ENOENT: 'no such file or folder',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EISDIR: 'is a folder, not a file',
  ENOTDIR: 'is not a folder',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
};

/**
 * The {@link LutraError} for a failed file system call: `CAPACITY` for a full disk or quota, else `ARGUMENT`, with the
 * path in message and details and `e` as cause. A LutraError comes back as it is, and so does what is no file system error.
 */
export function fileError(e: unknown, path: string): unknown {
  if (isLutraError(e) || !(e instanceof Error)) return e;
  const code = (e as NodeJS.ErrnoException).code;
  if (typeof code !== 'string' || !/^E[A-Z0-9]+$/.test(code)) return e;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new LutraError(
      'CAPACITY',
      `${path}: no space left to write to (${code})`,
      { what: 'disk' },
      { cause: e },
    );
  }
  const sentence = SENTENCES[code] ?? e.message;
  return new LutraError(
    'ARGUMENT',
    `${path}: ${sentence} (${code})`,
    { argument: 'path', path },
    { cause: e },
  );
}
