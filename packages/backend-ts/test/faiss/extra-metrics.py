"""The other side of extra-metrics.faiss.test.ts: what faiss answers by each metric, and what it makes of our files.

    extra-metrics.py <folder> <d> <k>    jobs.json, ours_<i>.index  ->  faiss_<i>.index, answers.json
"""
import json
import os
import sys

import faiss
import numpy as np

folder, d, k = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
NUMBERS = {
    "l1": faiss.METRIC_L1,
    "linf": faiss.METRIC_Linf,
    "lp": faiss.METRIC_Lp,
    "canberra": faiss.METRIC_Canberra,
    "braycurtis": faiss.METRIC_BrayCurtis,
    "jensenshannon": faiss.METRIC_JensenShannon,
    "jaccard": faiss.METRIC_Jaccard,
    "nanEuclidean": faiss.METRIC_NaNEuclidean,
    "gower": faiss.METRIC_GOWER,
}
rows = np.fromfile(os.path.join(folder, "rows.f32"), np.float32).reshape(-1, d)
holes = np.fromfile(os.path.join(folder, "holes.f32"), np.float32).reshape(-1, d)
answers = []
for i, job in enumerate(json.load(open(os.path.join(folder, "jobs.json")))):
    x = holes if job["holes"] else rows
    index = faiss.index_factory(d, job["factory"], NUMBERS[job["metric"]])
    if isinstance(index, faiss.IndexIVF):
        index.metric_arg = index.quantizer.metric_arg = job["p"]
    elif isinstance(index, faiss.IndexHNSW):
        index.storage.metric_arg = job["p"]
    else:
        index.metric_arg = job["p"]
    index.train(x)
    index.add(x)
    if isinstance(index, faiss.IndexIVF):
        index.nprobe = 2
    faiss.write_index(index, os.path.join(folder, f"faiss_{i}.index"))
    ours = faiss.read_index(os.path.join(folder, f"ours_{i}.index"))
    answer = {}
    for name, each in (("theirs", index), ("ours", ours)):
        distances, labels = each.search(x[:5], k)
        answer[name] = {"distances": distances.ravel().tolist(), "labels": labels.ravel().tolist()}
    answers.append(answer)
json.dump(answers, open(os.path.join(folder, "answers.json"), "w"))
