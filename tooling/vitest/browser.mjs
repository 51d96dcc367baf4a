import { playwright } from '@vitest/browser-playwright';
import { findChromium } from './chromium.mjs';

// A container has no user namespace to sandbox in and no GPU; the rest keeps Chromium from calling home.
const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** Headers of every answer. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

/**
 * The vitest project that runs `*.browser.test.ts` in the Chromium of this machine.
 * @param {import('vitest/config').InlineConfig} shared
 * @returns {import('vitest/config').TestProjectInlineConfiguration}
 */
export function browserProject(shared) {
  const executablePath = findChromium();
  if (!executablePath) throw new Error('no Chromium found: install it, or set CHROMIUM_PATH');
  return {
    // shared memory is for pages that are isolated from other origins
    server: { headers: isolation },
    // not `node`: a browser test must resolve what a bundler for browsers would
    resolve: { conditions: ['@lutra/source', 'module', 'browser', 'import', 'default'] },
    test: {
      ...shared,
      name: 'browser',
      include: ['packages/*/test/**/*.browser.test.ts', 'apps/*/test/**/*.browser.test.ts'],
      exclude: ['**/node_modules/**'],
      browser: {
        enabled: true,
        headless: true,
        screenshotFailures: false,
        provider: playwright({ launchOptions: { executablePath, args } }),
        instances: [{ browser: 'chromium' }],
      },
    },
  };
}
