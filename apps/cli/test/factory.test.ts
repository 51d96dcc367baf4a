import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { runCli, runJson } from './support/run-cli.js';

const faiss = fileURLToPath(new URL('../../../packages/backend-faiss/src/index.ts', import.meta.url));

describe('factory', () => {
  it('explains a string: tree, bytes, training rows, numbers, who builds it', async () => {
    const { code, out } = await runCli(['factory', 'OPQ16_64,IVF1024,PQ16x4fsr,RFlat', '-d', '256']);
    expect(code).toBe(0);
    expect(out).toMatchInlineSnapshot(`
      "factory         OPQ16_64,IVF1024,PQ16x4fsr,RFlat
      vectors         256 dimensions, l2
      bytes a vector  1,040 (codes 1,032 + ids 8; 1,024 as float32)
      training        1,024 rows at least, 39,936 wanted, 262,144 used at most
      built by ts     yes

      IndexRefineFlat (RFlat)
      ├─ base: IndexPreTransform
      │  ├─ transform: OPQMatrix (OPQ16_64)
      │  └─ base: IndexIVFPQFastScan (IVF1024,PQ16x4fsr)
      │     └─ quantizer: IndexFlatL2
      └─ refine: IndexFlatL2

      token      dimensions  bytes a vector  training rows
      OPQ16_64   256 → 64                 0  256 to 65,536
      IVF1024    64                       8  1,024 to 262,144
      PQ16x4fsr  64                       8  16 to 4,096
      RFlat      256                  1,024  -

      OPQ16_64: rotates to 64 dimensions so that a product quantizer of 16 parts loses least
      IVF1024: 1024 inverted lists, a centroid each; a search visits the nprobe nearest, all centroids compared
      PQ16x4fsr: cut into 16 parts of 4 dimensions, 4 bits each, of what is left after the centroid; searched by look-ups in registers, in blocks of 32 vectors
      RFlat: keeps the vectors as they are and ranks the best k · kFactor again by them
      "
    `);
  });

  it('says what is not built, and why', async () => {
    const { code, out } = await runCli(['factory', 'ZnLattice2x4_6', '-d', '16']);
    expect(code).toBe(0);
    expect(out).toMatch(/^built by ts +no: Lattice is not run$/m);
    const document = await runJson<{ bytesPerVector: number; backends: object; tree: object }>([
      ...['factory', 'HNSW32,SQ8', '-d', '100', '--metric', 'ip', '--backend', faiss],
    ]);
    expect(document.bytesPerVector).toBe(373);
    expect(document.backends).toEqual({ faiss: 'ScalarQuantizer is not run' });
    expect(document.tree).toMatchObject({ className: 'IndexHNSWSQ', children: [] });
  });

  it('lists every token and who does what with it', async () => {
    const { code, out } = await runCli(['factory', '--list', '--backend', `ts,${faiss}`]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Flat +Flat +yes +yes +.*ip l2.* +all$/m);
    expect(out).toMatch(/^LSCQ<M>x<nbits> +LSCQ2x4 +yes +LocalSearchCoarseQuantizer +- +- +ip l2$/m);
    const { tokens } = await runJson<{ tokens: { example: string }[] }>(['factory', '--list']);
    expect(tokens.length).toBeGreaterThan(150);
  });

  it.each([
    [['factory'], "missing argument 'string', or --list"],
    [['factory', 'Flat'], "required option '-d, --d <n>' not specified"],
    [['factory', 'Flat', '--list'], '--list takes no factory string'],
    [['factory', 'Flta', '-d', '4'], 'did you mean "Flat"?'],
    [['factory', 'PQ3', '-d', '4'], 'd 4 must be a multiple of M 3'],
  ])('refuses %j', async (argv, message) => {
    const { code, err } = await runCli(argv);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
