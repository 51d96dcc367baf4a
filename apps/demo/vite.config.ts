import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
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

const KERNELS = /\bwasmBase64\s*=\s*["'`]([A-Za-z0-9+/=]{1000,})["'`]/;

/**
 * The kernels as files of their own, deflated: a quarter of the text that they are in the package, whether the host
 * compresses or not. What the package's module exports stays the same.
 */
function kernelFiles(): Plugin {
  let found = 0;
  return {
    name: 'lutra:kernel-files',
    apply: 'build',
    enforce: 'pre',
    transform(code, id) {
      const base64 = id.includes('kernels') && KERNELS.exec(code)?.[1];
      if (!base64) return undefined;
      found++;
      const name = `${/(?:relaxed-)?simd(?:128)?/.exec(id.split('/').at(-1)!)?.[0] ?? 'kernels'}.bin`;
      const file = this.emitFile({
        type: 'asset',
        name,
        source: deflateSync(Buffer.from(base64, 'base64'), { level: 9 }),
      });
      const loading = `
        const response = await fetch(import.meta.ROLLUP_FILE_URL_${file});
        if (!response.ok) throw new Error('the kernels cannot be loaded: the server answered ' + response.status);
        const inflated = response.body.pipeThrough(new DecompressionStream('deflate'));
        const bytes = new Uint8Array(await new Response(inflated).arrayBuffer());
        let text = '';
        for (let i = 0; i < bytes.length; i += 4096) text += String.fromCharCode(...bytes.subarray(i, i + 4096));
        const wasmBase64 = btoa(text);`;
      const declared = new RegExp(`(?:var|let|const)\\s+${KERNELS.source};?`);
      return { code: code.replace(declared, loading), map: null };
    },
    buildEnd(error) {
      if (error === undefined && found === 0) throw new Error('the kernels are kept in another way now');
    },
  };
}

/** Parts of d3 that Observable Plot can use and this page does not: projections of maps, and schemes of colours. */
const UNUSED = ['d3-geo', 'd3-scale-chromatic'];
const UNUSED_ID = '\0lutra:unused:';

/** What Plot calls while it loads, for projections of its own. */
const CALLED = 'geoTransform';

/** Keeps those parts away: 15 kB of script, compressed. */
function withoutUnused(): Plugin {
  return {
    name: 'lutra:without-unused',
    apply: 'build',
    enforce: 'pre',
    async resolveId(source, importer, options) {
      if (!UNUSED.includes(source)) return undefined;
      const found = await this.resolve(source, importer, { ...options, skipSelf: true });
      return found && `${UNUSED_ID}${found.id}`;
    },
    load(id) {
      if (!id.startsWith(UNUSED_ID)) return undefined;
      const text = readFileSync(id.slice(UNUSED_ID.length), 'utf8');
      const names = text.matchAll(/\bdefault as (\w+)|\b((?:geo|scheme|interpolate)[A-Z]\w*)\b/g);
      const exported = new Set([...names].map(([, main, other]) => main ?? other));
      const called = exported.delete(CALLED) ? `export const ${CALLED} = () => undefined;` : '';
      return `const none = () => { throw new Error('this page has neither maps nor schemes of colours'); };
        ${called}
        export { ${[...exported].map((name) => `none as ${name}`).join(', ')} };`;
    },
  };
}

export default defineConfig({
  plugins: [withoutUnused()],
  base: './',
  publicDir: 'generated',
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
  worker: { format: 'es', plugins: () => [oneEngine(), kernelFiles()] },
  // it starts a worker by the place of its own file
  optimizeDeps: { exclude: ['@lutra/backend-ts'] },
  server: { headers: isolation },
  preview: { headers: isolation },
});
