"""`python3 kmeans.py FILE K`: scikit-learn's KMeans on raw 32-bit floats of 512 dimensions, defaults of its version; labels in FILE.json."""
import json
import resource
import sys
import time
import warnings

import numpy
from sklearn.cluster import KMeans
from sklearn.metrics import adjusted_rand_score

warnings.simplefilter("ignore")
file, k = sys.argv[1], int(sys.argv[2])
vectors = numpy.fromfile(file, dtype="<f4").reshape(-1, 512)
with open(file + ".json") as labels:
    truth = json.load(labels)
cpu, wall = time.process_time(), time.perf_counter()
found = KMeans(n_clusters=k, random_state=1).fit(vectors).labels_
cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({"cpu_ms": cpu * 1000, "wall_ms": wall * 1000, "peak_rss_bytes": peak, "ari": adjusted_rand_score(truth, found), "clusters": k}))
