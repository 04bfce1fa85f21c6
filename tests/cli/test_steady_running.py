"""What a run does with the memory of its frames."""

import subprocess
import sys

import pytest

PROGRAM = """
import resource
import numpy as np
from skyrmlive.cli.steady_running import keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    np.zeros(50_000_000, np.uint8).fill(1)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

cleared_anew = [faults() for _ in range(3)][-1]
assert keep_freed_memory()
used_again = [faults() for _ in range(3)][-1]
print(cleared_anew, used_again)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only glibc is asked")
def test_the_memory_of_a_large_array_is_used_again():
    said = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    ).stdout
    cleared_anew, used_again = map(int, said.split())
    assert cleared_anew > 10 * (used_again + 1)
