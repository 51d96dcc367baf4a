import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { preview } from 'vite';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    demo: string;
  }
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Serves the built site to all test files. */
export default async function serve(project: TestProject): Promise<() => Promise<void>> {
  if (!existsSync(`${root}/dist/index.html`))
    throw new Error('apps/demo is not built: turbo run build --filter=@lutra/demo');
  const server = await preview({ root, preview: { port: 0, host: '127.0.0.1' }, logLevel: 'error' });
  const [url] = server.resolvedUrls!.local;
  project.provide('demo', url!);
  return () => server.close();
}
