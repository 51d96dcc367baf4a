import { defineConfig, type Plugin } from 'vite';

/** Shared memory, and with it threads, is for pages that are isolated from other origins. */
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
  'Cross-Origin-Resource-Policy': 'same-origin',
};

const SPAWNED =
  /new Worker\(new URL\(["']\.\/worker\.js["'], import\.meta\.url\), \{ type: ["']module["'] \}\)/;

/**
 * The page starts the engine's threads itself (src/worker/main.ts), from the file that it has loaded already. The engine's
 * own way of starting them, which never runs then, would put a second copy of the engine beside it.
 */
function oneEngine(): Plugin {
  let found = 0;
  return {
    name: 'lutra:one-engine',
    enforce: 'pre',
    transform(code, id) {
      if (!id.includes('backend-ts') || !SPAWNED.test(code)) return undefined;
      found++;
      return { code: code.replace(SPAWNED, 'undefined'), map: null };
    },
    buildEnd(error) {
      if (error === undefined && found === 0)
        throw new Error('the engine starts its threads in another way now');
    },
  };
}

export default defineConfig({
  base: './',
  publicDir: 'generated',
  plugins: [],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es', plugins: () => [oneEngine()] },
  // it starts a worker by the place of its own file
  optimizeDeps: { exclude: ['@lutra/backend-ts'] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
