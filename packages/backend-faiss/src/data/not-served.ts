import { type IndexData, LutraError } from '@lutra/core';

/** The error for a class of index that is refused when it is loaded, should one come here all the same. */
export function notServed(data: IndexData): LutraError {
  return new LutraError('UNSUPPORTED', `backend faiss: ${data.kind} is not run`, {
    feature: data.kind,
    by: 'faiss',
  });
}
