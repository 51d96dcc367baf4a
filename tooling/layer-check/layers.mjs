/**
 * The layer of every package. A package imports strictly lower layers only; the same table stands in
 * docs/architecture.md.
 * @type {Readonly<Record<string, number>>}
 */
export const layers = {
  '@lutra/core': 0,
  '@lutra/npy': 1,
  '@lutra/factory': 1,
  '@lutra/metrics': 1,
  '@lutra/kernels': 1,
  '@lutra/faiss-format': 2,
  '@lutra/backend-ts': 3,
  '@lutra/backend-faiss': 3,
  '@lutra/conformance': 3,
  '@lutra/tune': 4,
  lutra: 4,
  '@lutra/report': 3,
  '@lutra/rvc': 5,
};

/** Test kits: a development dependency of packages, whatever the layer; a runtime dependency of none. */
export const developmentOnly = ['@lutra/conformance'];

/** Longest source file, in lines. */
export const maxLines = 400;
