"""Freed memory stays with the process where the C library can be asked."""

from __future__ import annotations

import platform
import resource
import subprocess
import sys

import pytest

FAULTS = """
import resource, numpy as np
from gigaplan.core.freed_memory import keep_freed_memory
{ask}
def work():
    for _ in range(300):
        np.ones(1 << 18) + 1.0
work()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
work()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library is not glibc")
def test_arrays_that_are_freed_and_taken_again_touch_no_new_page() -> None:
    assert resource.getpagesize() > 0
    done = subprocess.run(
        [sys.executable, "-c", FAULTS.format(ask="assert keep_freed_memory()")],
        capture_output=True,
        check=True,
        text=True,
    )
    assert int(done.stdout) < 100
