import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** gzip KiB that the main entry of a package may cost a browser, its dependencies included. */
const limits = JSON.parse(readFileSync(fileURLToPath(new URL('size-limits.json', import.meta.url)), 'utf8'));

/**
 * Bundles the main entry of an installed package for browsers, without any builtin of Node, and weighs it.
 * @param {string} dir
 * @param {string} name
 * @returns {Promise<{ gzipKiB: number, problems: string[] }>}
 */
export async function bundleForBrowser(dir, name) {
  try {
    const { outputFiles } = await build({
      stdin: { contents: `export * from '${name}';`, resolveDir: dir },
      bundle: true,
      minify: true,
      format: 'esm',
      platform: 'browser',
      target: 'es2022',
      outdir: `${dir}/bundle`,
      write: false,
      logLevel: 'silent',
    });
    const bytes = outputFiles.reduce((sum, { contents }) => sum + gzipSync(contents).length, 0);
    const gzipKiB = bytes / 1024;
    const limit = limits[name];
    if (limit === undefined)
      return { gzipKiB, problems: ['no limit in tooling/pack-check/size-limits.json'] };
    const fits = gzipKiB <= limit;
    return {
      gzipKiB,
      problems: fits ? [] : [`browser bundle: ${gzipKiB.toFixed(1)} KiB gzip, at most ${limit}`],
    };
  } catch (e) {
    const errors = e.errors?.map(({ text, location }) => `${text} (${location?.file ?? name})`) ?? [
      String(e),
    ];
    return { gzipKiB: Number.NaN, problems: errors.map((text) => `browser bundle: ${text}`) };
  }
}
