import type { LutraErrorCode, StoredParameters } from '@lutra/core';

/** The file of an index that is trained and empty, kept for resets. */
export const EMPTY_FILE = 'empty.index';

/** What an empty index is made from. */
export interface Making {
  readonly d: number;
  readonly factory: string;
  /** faiss's number of the metric. */
  readonly metric: number;
  /** The search parameters that faiss gives it. */
  readonly parameters: StoredParameters;
}

/** What the child process is asked to do with the one index that it holds. */
export type Request =
  /** Forgets the index and works in another folder from now on. */
  | { readonly op: 'adopt'; readonly dir: string }
  /** An empty index, in place of the present one. */
  | ({ readonly op: 'create' } & Making)
  /** The index of a file, in place of the present one. */
  | { readonly op: 'read'; readonly path: string; readonly parameters: StoredParameters }
  /** Writes the index as it is; answers with the parameters that the file stores. */
  | { readonly op: 'write'; readonly path: string }
  /** Rows to train on, before `train`. */
  | { readonly op: 'rows'; readonly x: Float32Array }
  /** Trains on the rows given, and writes the empty, trained index. */
  | { readonly op: 'train'; readonly path: string; readonly making: Making }
  | { readonly op: 'add'; readonly x: Float32Array }
  | {
      readonly op: 'search';
      readonly x: Float32Array;
      readonly k: number;
      readonly similarity: boolean;
      readonly parameters: StoredParameters;
    }
  | { readonly op: 'reconstruct'; readonly positions: Float64Array }
  /** Keeps the positions whose byte is 1. */
  | { readonly op: 'keep'; readonly mask: Uint8Array }
  /** Appends the vectors of another index's file. */
  | { readonly op: 'merge'; readonly path: string };

/** Nearest first, row-major `(nq, k)`; -1 where there is none. */
export interface Found {
  readonly distances: Float32Array;
  readonly labels: Float64Array;
}

/** What each request is answered with. */
export interface Answers {
  adopt: undefined;
  create: { isTrained: boolean };
  read: { ntotal: number; isTrained: boolean };
  write: { parameters: StoredParameters };
  rows: undefined;
  train: { isTrained: boolean };
  add: { ntotal: number };
  search: Found;
  reconstruct: Float32Array;
  keep: { path: string; parameters: StoredParameters };
  merge: { path: string; parameters: StoredParameters };
}

/** A `LutraError` on its way between processes. */
export interface SentError {
  readonly code: LutraErrorCode;
  readonly message: string;
  readonly details: unknown;
}

/** What the child says when it starts. */
export type Hello = { readonly ready: true } | { readonly ready: false; readonly reason: string };

/** An answer; `id` is that of the request. */
export type Reply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: SentError };

/** Sent instead of the arguments of a request that another thread makes over the socket, one JSON object a line. */
export type SocketRequest = Extract<Request, { op: 'write' }>;
