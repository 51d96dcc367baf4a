"""The other side of exchange.faiss.test.ts: faiss builds, searches and writes what the test asks for.

    exchange.py build  <folder>    cases.json, base_<d>.f32, query_<d>.f32  ->  faiss_<i>.index and results
    exchange.py search <folder>    ours_<i>.index                            ->  results

Results of case i, setting j go to <who>_<i>_<j>.{dis,ids} (f32, i64), those of a refined index's base with
trunc(k * k_factor) results to <who>_<i>_<j>.base.{dis,ids}.
"""
import json
import os
import sys

import faiss
import numpy as np

folder = sys.argv[2]
faiss.omp_set_num_threads(1)


def rows(kind, d):
    return np.fromfile(os.path.join(folder, f"{kind}_{d}.f32"), np.float32).reshape(-1, d)


def parts(index):
    """The IVF and the refinement inside wrappers, or None."""
    index = faiss.downcast_index(index)
    if isinstance(index, (faiss.IndexIDMap, faiss.IndexPreTransform)):
        return parts(index.index)
    if isinstance(index, faiss.IndexRefine):
        return parts(index.base_index)[0], index
    return (index, None) if isinstance(index, faiss.IndexIVF) else (None, None)


def dump(name, result):
    for values, ending, kind in zip(result, ("dis", "ids"), (np.float32, np.int64)):
        values.astype(kind).tofile(os.path.join(folder, f"{name}.{ending}"))


def search(who, i, index, case, settings):
    queries = rows("query", case["d"])
    for j, s in enumerate(settings):
        ivf, refine = parts(index)
        if ivf is not None:
            ivf.nprobe = s["nprobe"]
        if isinstance(ivf, faiss.IndexIVFPQR):
            ivf.k_factor = s["kFactor"]
        if refine is not None:
            refine.k_factor = s["kFactor"]
        dump(f"{who}_{i}_{j}", index.search(queries, s["k"]))
        if isinstance(index, faiss.IndexRefine):
            dump(f"{who}_{i}_{j}.base", index.base_index.search(queries, int(s["k"] * s["kFactor"])))


def build(case):
    metric = faiss.METRIC_INNER_PRODUCT if case["metric"] == "ip" else faiss.METRIC_L2
    index = faiss.index_factory(case["d"], case["factory"], metric)
    base = rows("base", case["d"])
    index.train(base)
    if case["factory"].startswith("IDMap"):
        index.add_with_ids(base, np.arange(len(base)) * 7 + 5)
    else:
        index.add(base)
    return index


with open(os.path.join(folder, "cases.json")) as f:
    job = json.load(f)
for i, case in enumerate(job["cases"]):
    if sys.argv[1] == "build":
        index, who = build(case), "faiss"
        faiss.write_index(index, os.path.join(folder, f"faiss_{i}.index"))
    else:
        index, who = faiss.read_index(os.path.join(folder, f"ours_{i}.index")), "back"
    search(who, i, faiss.downcast_index(index), case, job["settings"])
