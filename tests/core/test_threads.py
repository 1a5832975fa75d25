"""The number of threads that torch computes in, and what others find."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
import torch

from sklearn_ae.core.threads import power_of_two, sharing, threads

TRANSFORM_AFTER_FORK = """
import os
import sys
import threading

import numpy as np
import torch

from sklearn_ae import AE

torch.set_num_threads(2)
X = np.random.RandomState(0).normal(size=(256, 5))
ae = AE(2, hidden_layer_sizes=(8,), max_epochs=1, random_state=0).fit(X)
codes = ae.transform(X)
if child := os.fork():
    _, status = os.waitpid(child, 0)
    sys.exit(os.waitstatus_to_exitcode(status))
threading.Timer(60, os._exit, [3]).start()
again = ae.fit(X).transform(X)
os._exit(0 if np.array_equal(codes, again) and torch.get_num_threads() == 1 else 4)
"""

FORK_IN_TRAINING = """
import os
import sys
import threading

import numpy as np
import torch
from skorch.callbacks import Callback

from sklearn_ae import AE


class Fork(Callback):
    def on_train_begin(self, net, **kwargs):
        if child := os.fork():
            _, status = os.waitpid(child, 0)
            os._exit(os.waitstatus_to_exitcode(status))
        threading.Timer(60, os._exit, [3]).start()


torch.set_num_threads(2)
X = np.random.RandomState(0).normal(size=(512, 5))
AE(2, max_epochs=1).fit(X).transform(X)
AE(2, max_epochs=1, callbacks=[Fork()]).fit(X).transform(X)
os._exit(0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
@pytest.mark.parametrize("code", [TRANSFORM_AFTER_FORK, FORK_IN_TRAINING])
def test_a_forked_process_does_not_wait_for_threads_that_stayed_behind(code):
    command = [sys.executable, "-c", code]
    assert subprocess.run(command, check=False).returncode == 0


def number_in_a_new_thread():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(torch.get_num_threads).result()


def test_new_threads_begin_with_the_users_number(set_threads):
    set_threads(3)
    first, second = threads(2), threads(1)
    with ThreadPoolExecutor(1) as pool:
        with first:
            assert pool.submit(torch.get_num_threads).result() == 2
            pool.submit(second.__enter__).result()
        pool.submit(second.__exit__, None, None, None).result()
    assert torch.get_num_threads() == 3
    assert number_in_a_new_thread() == 3


@pytest.mark.parametrize(
    ("n_sharing", "most", "expected"), [(1, 8, 1), (2, 8, 2), (3, 8, 2), (8, 4, 4)]
)
def test_as_many_share_as_are_a_power_of_two(n_sharing, most, expected, set_threads):
    set_threads(3)
    with threads(1, n_sharing):
        with sharing(most):
            assert torch.get_num_threads() == expected
        assert torch.get_num_threads() == 1
        with threads(1), sharing(most):
            assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize(("n", "expected"), [(1, 1), (2.5, 2), (7, 4), (8, 8)])
def test_power_of_two(n, expected):
    assert power_of_two(n) == expected
