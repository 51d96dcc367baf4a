"""The tuning of faiss (ParameterSpace) and of autofaiss, on one thread, beside Lutra's: called by peers.mjs."""
import json
import logging
import sys
import time

import faiss
import numpy as np

folder, factory, target, k = sys.argv[1], sys.argv[2], float(sys.argv[3]), int(sys.argv[4])
faiss.omp_set_num_threads(1)
load = lambda name: np.ascontiguousarray(np.load(f"{folder}/{name}.npy"))
base, pool, fresh = load("base"), load("pool"), load("fresh")
pool_truth, fresh_truth = load("pool_truth").astype("int64"), load("fresh_truth").astype("int64")


def judged(how, index, seconds, setting):
    """Recall on fresh queries, and queries a second: the median of 9 runs, by processor time."""
    _, found = index.search(fresh, k)
    hits = sum(len(np.intersect1d(found[i], fresh_truth[i, :k])) for i in range(len(fresh)))
    runs = []
    for _ in range(9):
        start = time.process_time()
        index.search(fresh, k)
        runs.append((time.process_time() - start) / len(fresh))
    recall = hits / (k * len(fresh))
    print(json.dumps({"how": how, "setting": setting, "recall": recall, "qps": 1 / np.median(runs), "seconds": seconds}), flush=True)


index = faiss.read_index(f"{folder}/index")
start = time.process_time()
criterion = faiss.IntersectionCriterion(len(pool), k)
criterion.set_groundtruth(None, pool_truth[:, :k].copy())
space = faiss.ParameterSpace()
space.verbose = 0
space.initialize(index)
points = space.explore(index, pool, criterion)
optimal = points.optimal_pts
able = [optimal.at(i) for i in range(optimal.size()) if optimal.at(i).perf >= target]
seconds = time.process_time() - start
if able:
    best = min(able, key=lambda p: p.t)
    space.set_index_parameters(index, best.key)
    judged("faiss ParameterSpace", index, seconds, best.key)

try:
    from autofaiss import build_index
except Exception as e:
    print(json.dumps({"how": "autofaiss", "absent": f"{type(e).__name__}: {e}"}), flush=True)
    sys.exit()
logging.disable(logging.CRITICAL)
for budget in (0.1, 1):
    start = time.process_time()
    try:
        built, infos = build_index(
            base, save_on_disk=False, metric_type="l2", max_index_query_time_ms=budget, nb_cores=1, use_gpu=False,
            min_nearest_neighbors_to_retrieve=k, max_index_memory_usage="2G", current_memory_available="4G",
            verbose=logging.CRITICAL,
        )
    except Exception as e:
        print(json.dumps({"how": f"autofaiss, {budget} ms", "absent": f"{type(e).__name__}: {e}"}), flush=True)
        continue
    took = time.process_time() - start
    faiss.omp_set_num_threads(1)
    setting = f"{infos.get('index_key')}: {infos.get('index_param')}"
    judged(f"autofaiss build_index, {budget} ms a query", built, took, setting)
