"""The process of faiss: the same requests as js-host.mjs, lines of JSON on stdin, answers on file descriptor 3.

Searches go straight to the C++ method through SWIG, with all pointers made beforehand, so that no numpy work is within
the time; what one such call costs by itself is measured by `overhead`. Mode `python` calls faiss as its users do.
"""
import json
import os
import sys
import time

import faiss
import numpy as np

options = json.loads(sys.argv[1])
answers = os.fdopen(3, "w")
threads = options.get("threads", 1)
faiss.omp_set_num_threads(threads)
state = {"index": None}
arrays = {}


def memory():
    with open("/proc/self/status") as f:
        fields = dict(line.split(":", 1) for line in f if line.startswith(("VmHWM", "VmRSS")))
    peak, now = (int(fields[name].split()[0]) * 1024 for name in ("VmHWM", "VmRSS"))
    return {"peak": peak, "now": now}


BASELINE = memory()["now"]


def timed(work):
    cpu, start = time.process_time(), time.perf_counter()
    work()
    return {"wall": time.perf_counter() - start, "cpu": time.process_time() - cpu}


def load(path, rows=None):
    if (path, rows) not in arrays:
        x = np.load(path, mmap_mode="r")
        arrays[path, rows] = np.array(x[:rows] if rows else x, dtype=np.float32, order="C")
    return arrays[path, rows]


def clusterings(index):
    """All clustering parameters inside, to set the seed that faiss keeps in them."""
    index = faiss.downcast_index(index)
    found = []
    for name in ("index", "base_index", "refine_index", "quantizer", "storage"):
        if isinstance(getattr(index, name, None), faiss.Index):
            found += clusterings(getattr(index, name))
    if isinstance(index, faiss.IndexIVF):
        found.append(index.cp)
    if hasattr(index, "pq"):
        found.append(index.pq.cp)
    return found


def parameters(setting):
    """What this setting is in faiss; None where there is nothing to set."""
    params = None
    if isinstance(state["index"], faiss.IndexIVFPQR):
        # its factor is no parameter of a call
        setting = dict(setting)
        state["index"].k_factor = setting.pop("kFactor", 4)
    if "nprobe" in setting:
        params = faiss.SearchParametersIVF(nprobe=setting["nprobe"])
    if "ef" in setting:
        params = faiss.SearchParametersHNSW(efSearch=setting["ef"])
    if "kFactor" in setting:
        index = getattr(state["index"], "base_index", None)
        while index is not None and isinstance(faiss.downcast_index(index), faiss.IndexRefine):
            index = faiss.downcast_index(index).base_index
            params = faiss.IndexRefineSearchParameters(k_factor=1, base_index_params=params)
        params = faiss.IndexRefineSearchParameters(k_factor=setting["kFactor"], base_index_params=params)
    return params


def about(request):
    levels = faiss.get_compile_options().split()
    return {"engine": "faiss", "version": faiss.__version__, "level": levels[-1],
            "runtime": f"Python {sys.version.split()[0]}", "baseline": BASELINE}


def open_index(request):
    def work():
        state["index"] = faiss.read_index(request["path"])
    return {**timed(work), "ntotal": state["index"].ntotal}


def build(request):
    x = load(request["base"], request.get("rows"))
    metric = faiss.METRIC_INNER_PRODUCT if request.get("metric") == "ip" else faiss.METRIC_L2
    index = state["index"] = faiss.index_factory(x.shape[1], request["factory"], metric)
    for cp in clusterings(index):
        cp.seed = request.get("seed", 1234)
    if request.get("efConstruction"):
        index.hnsw.efConstruction = request["efConstruction"]
    return {"train": timed(lambda: index.train(x)), "add": timed(lambda: index.add(x))}


def save(request):
    faiss.write_index(state["index"], request["path"])
    return {"bytes": os.path.getsize(request["path"])}


def release(request):
    state["index"] = None
    arrays.clear()
    return {}


class Calls:
    """One C++ search call a block of queries, its pointers ready."""

    def __init__(self, index, x, k, batch, params):
        self.search, self.k, self.params = index.search_c, k, params
        self.x = x
        self.distances = np.empty((len(x), k), np.float32)
        self.labels = np.empty((len(x), k), np.int64)
        self.args = [(len(x[i:i + batch]), faiss.swig_ptr(x[i:i + batch]), k, faiss.swig_ptr(self.distances[i:]),
                      faiss.swig_ptr(self.labels[i:]), params) for i in range(0, len(x), batch)]

    def run(self, first=None):
        search, clock = self.search, time.perf_counter
        stamps = [clock()]
        for a in self.args[:first]:
            search(*a)
            stamps.append(clock())
        return stamps


class PythonCalls:
    """The call that a Python program makes: arrays in, arrays out."""

    def __init__(self, index, x, k, batch, params):
        self.index, self.k, self.params = index, k, params
        self.blocks = [x[i:i + batch] for i in range(0, len(x), batch)]
        self.found = []

    @property
    def labels(self):
        return np.concatenate(self.found)

    def run(self, first=None):
        self.found, clock = [], time.perf_counter
        stamps = [clock()]
        for block in self.blocks[:first]:
            self.found.append(self.index.search(block, self.k, params=self.params)[1])
            stamps.append(clock())
        return stamps


def search(request):
    x = load(request["queries"], request.get("nq"))
    batch = request["batch"] if request["mode"] == "batch" else 1
    kind = PythonCalls if request["mode"] == "python" else Calls
    calls = kind(state["index"], x, request["k"], batch, parameters(request["setting"]))
    if request.get("warmup"):
        calls.run(request["warmup"])
    repeats, passes = request.get("repeats", 1), []

    def work():
        for _ in range(repeats):
            passes.append(calls.run())

    result = {name: seconds / repeats for name, seconds in timed(work).items()}
    result["latencies"] = [1000 * (b - a) for stamps in passes for a, b in zip(stamps, stamps[1:])]
    if request.get("labels"):
        result["labels"] = calls.labels.ravel().tolist()
    return result


def overhead(request):
    """Seconds of a call that has next to nothing to do: one query against one vector of one dimension."""
    tiny = faiss.IndexFlatL2(1)
    tiny.add(np.zeros((1, 1), np.float32))
    params = faiss.SearchParameters() if request.get("setting") else None
    times = []
    for _ in range(20):
        calls = Calls(tiny, np.zeros((1000, 1), np.float32), 1, 1, params)
        times.append(timed(calls.run)["cpu"] / 1000)
    return {"seconds": sorted(times)[len(times) // 2]}


METHODS = {"about": about, "open": open_index, "build": build, "save": save, "release": release, "search": search,
           "overhead": overhead, "memory": lambda request: {"baseline": BASELINE, **memory()}}

for line in sys.stdin:
    request = json.loads(line)
    try:
        reply = {"result": METHODS[request["method"]](request)}
    except Exception as e:
        reply = {"error": str(e)}
    answers.write(json.dumps(reply) + "\n")
    answers.flush()
