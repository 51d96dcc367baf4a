import { execFileSync } from 'node:child_process';

/** What a Python with faiss prints. */
export function python(code: string, ...args: string[]): string {
  const interpreter = process.env.LUTRA_PYTHON ?? 'python3';
  return execFileSync(interpreter, ['-c', code, ...args], {
    encoding: 'utf8',
    env: { ...process.env, OMP_NUM_THREADS: '1' },
  });
}
