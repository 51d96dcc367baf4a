/** Where text goes. A stream, or an array in a test. */
export interface TextSink {
  write(text: string): unknown;
  /** Whether a person looks at it. */
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** What a run of the command touches of the world besides the files it is told. */
export interface Io {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  /** Fires on Ctrl-C; its reason is the name of the signal. */
  readonly signal: AbortSignal;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative module paths of `--backend` start from. */
  readonly cwd: string;
}
