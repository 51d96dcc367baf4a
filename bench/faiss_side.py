"""faiss's half of quality.mjs: build one index from a factory string and measure it, one thread.

    faiss_side.py <job.json>    prints one JSON document

The job has factory, seed, base, queries, groundtruth (npy paths), k, settings [{nprobe, kFactor}] and rounds.
"""
import json
import statistics
import sys
import time

import faiss
import numpy as np


def clusterings(index, found):
    """All clustering parameters inside, to set the seed that faiss keeps in them."""
    index = faiss.downcast_index(index)
    if isinstance(index, faiss.IndexPreTransform):
        clusterings(index.index, found)
    if isinstance(index, faiss.IndexRefine):
        clusterings(index.base_index, found)
    if isinstance(index, faiss.IndexIVF):
        found.append(index.cp)
    if hasattr(index, "pq"):
        found.append(index.pq.cp)
    return found


with open(sys.argv[1]) as f:
    job = json.load(f)
faiss.omp_set_num_threads(1)
base, queries = np.load(job["base"]), np.load(job["queries"])
truth = np.load(job["groundtruth"])[:, : job["k"]]
index = faiss.index_factory(base.shape[1], job["factory"])
for cp in clusterings(index, []):
    cp.seed = job["seed"]
start = time.perf_counter()
index.train(base)
trained = time.perf_counter()
index.add(base)
added = time.perf_counter()
points = []
for s in job["settings"]:
    params = faiss.SearchParametersIVF(nprobe=s["nprobe"])
    if s.get("kFactor"):
        params = faiss.IndexRefineSearchParameters(k_factor=s["kFactor"], base_index_params=params)
    times = []
    for _ in range(job["rounds"]):
        t = time.perf_counter()
        _, ids = index.search(queries, job["k"], params=params)
        times.append(time.perf_counter() - t)
    hits = sum(len(set(a) & set(b)) for a, b in zip(ids.tolist(), truth.tolist()))
    points.append({**s, "recall": hits / truth.size, "qps": len(queries) / statistics.median(times)})
print(json.dumps({"version": faiss.__version__, "train": trained - start, "add": added - trained, "points": points}))
