"""The other side of training.faiss.test.ts: faiss trains on what the test wrote.

    training.py <folder>    job.json and its .f32 files  ->  <name>.out (f32 centroids), recall.json
"""
import json
import os
import sys

import faiss
import numpy as np

folder = sys.argv[1]
faiss.omp_set_num_threads(1)


def rows(name, d):
    return np.fromfile(os.path.join(folder, f"{name}.f32"), np.float32).reshape(-1, d)


def kmeans(case):
    x = rows(case["data"], case["d"])
    clustering = faiss.Clustering(case["d"], case["k"])
    clustering.niter = case["niter"]
    clustering.seed = case["seed"]
    clustering.spherical = case["spherical"]
    flat = faiss.IndexFlatIP if case["metric"] == "ip" else faiss.IndexFlatL2
    clustering.train(x, flat(case["d"]))
    return faiss.vector_to_array(clustering.centroids)


def quantizer(case):
    pq = faiss.ProductQuantizer(case["d"], case["M"], case["nbits"])
    pq.train(rows(case["data"], case["d"]))
    return faiss.vector_to_array(pq.centroids)


def recall(case):
    base, query = rows(case["base"], case["d"]), rows(case["query"], case["d"])
    exact = faiss.IndexFlatL2(case["d"])
    exact.add(base)
    _, truth = exact.search(query, 10)
    index = faiss.index_factory(case["d"], case["factory"])
    index.train(base)
    index.add(base)
    ivf = faiss.extract_index_ivf(index)
    ivf.nprobe = case["nprobe"]
    if isinstance(index, faiss.IndexRefine):
        index.k_factor = case["kFactor"]
    _, found = index.search(query, 10)
    return float(np.mean([len(set(t) & set(f)) / 10 for t, f in zip(truth.tolist(), found.tolist())]))


with open(os.path.join(folder, "job.json")) as f:
    job = json.load(f)
for case in job["kmeans"]:
    kmeans(case).astype(np.float32).tofile(os.path.join(folder, f"{case['name']}.out"))
for case in job["quantizers"]:
    quantizer(case).astype(np.float32).tofile(os.path.join(folder, f"{case['name']}.out"))
with open(os.path.join(folder, "recall.json"), "w") as f:
    json.dump([recall(case) for case in job["recall"]], f)
