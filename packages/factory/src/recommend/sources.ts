/** Where a rule or a figure of a recommendation comes from. */
export type RecommendationSource =
  | 'faiss-guidelines'
  | 'faiss-fast-scan'
  | 'faiss-codec-benchmark'
  | 'faiss-deep1m'
  | 'faiss-sift1m'
  | 'rvc'
  | 'lutra';

/** The sources of {@link RecommendationSource}, in words and with an address where there is one. */
export const RECOMMENDATION_SOURCES: Readonly<Record<RecommendationSource, string>> = {
  'faiss-guidelines':
    'faiss wiki, "Guidelines to choose an index" (https://github.com/facebookresearch/faiss/wiki/Guidelines-to-choose-an-index)',
  'faiss-fast-scan':
    'faiss wiki, "Fast accumulation of PQ and AQ codes" (https://github.com/facebookresearch/faiss/wiki/Fast-accumulation-of-PQ-and-AQ-codes-(FastScan))',
  'faiss-codec-benchmark':
    'faiss wiki, "Vector codec benchmarks", SIFT1M (https://github.com/facebookresearch/faiss/wiki/Vector-codec-benchmarks)',
  'faiss-deep1m': 'faiss, benchs/bench_all_ivf, its log of Deep1M',
  'faiss-sift1m':
    'faiss wiki, "Indexing 1M vectors", SIFT1M (https://github.com/facebookresearch/faiss/wiki/Indexing-1M-vectors)',
  rvc: 'the index rule of Retrieval-based-Voice-Conversion: at most 16·√n lists, at least 39 rows a list',
  lutra: 'measured by Lutra, bench/tune/README.md',
};
