"""The other side of lists-on-disk.faiss.test.ts: faiss makes indexes with OnDiskInvertedLists, and searches them.

    lists-on-disk.py <folder>    job.json, base.f32, query.f32  ->  <name>.index, <name>.ivfdata, <name>.json
"""

import json
import os
import sys

import faiss
import numpy as np

folder = sys.argv[1]
os.chdir(folder)
faiss.omp_set_num_threads(1)
with open("job.json") as f:
    job = json.load(f)
base = np.fromfile("base.f32", np.float32).reshape(-1, job["d"])
queries = np.fromfile("query.f32", np.float32).reshape(-1, job["d"])
for case in job["cases"]:
    name = case["name"]
    metric = faiss.METRIC_L2 if case["metric"] == "l2" else faiss.METRIC_INNER_PRODUCT
    index = faiss.index_factory(job["d"], case["factory"], metric)
    index.train(base)
    ivf = faiss.extract_index_ivf(index)
    # as large collections are built: blocks of their own, merged into one file
    half = len(base) // 2
    blocks = []
    for start in (0, half):
        block = faiss.clone_index(index)
        block.add_with_ids(base[start : start + half], np.arange(start, start + half, dtype="int64") * 3)
        blocks.append(block)
    lists = faiss.OnDiskInvertedLists(ivf.nlist, ivf.code_size, f"{name}.ivfdata")
    vector = faiss.InvertedListsPtrVector()
    for block in blocks:
        vector.push_back(faiss.extract_index_ivf(block).invlists)
    index.ntotal = ivf.ntotal = lists.merge_from_multiple(vector.data(), vector.size())
    ivf.replace_invlists(lists)
    faiss.write_index(index, f"{name}.index")
    found = []
    for nprobe in case["nprobes"]:
        ivf.nprobe = nprobe
        distances, labels = index.search(queries, job["k"])
        found.append({"nprobe": nprobe, "distances": distances.ravel().tolist(), "labels": labels.ravel().tolist()})
    with open(f"{name}.json", "w") as f:
        json.dump(found, f)
