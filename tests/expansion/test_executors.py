"""The same plan whoever operates the blocks; a worker that dies costs only its tasks."""

from __future__ import annotations

import os
import signal
from contextlib import AbstractContextManager

import pytest

from gigaplan.expansion import Progress, Solution, decompose
from gigaplan.expansion.decomposition import Cluster, Executor, Processes, Threads
from gigaplan.expansion.decomposition.master import Master
from gigaplan.expansion.decomposition.processes import ProcessWorkers
from gigaplan.expansion.decomposition.workers import Recipe, Workers

from .test_decomposition import same, without_zone_projects
from .test_properties import random_problem

PROBLEM = without_zone_projects(random_problem(7))


def planned(executor: Executor) -> Solution:
    return decompose(PROBLEM, gap=1e-5, executor=executor)


def test_threads_and_processes_give_the_same_plan_to_the_last_bit() -> None:
    one = planned(Threads(1))
    assert same(one, planned(Threads(2)))
    assert same(one, planned(Processes(2)))


class Watched:
    """Two processes whose workers can be reached while they work."""

    def __init__(self) -> None:
        self.workers: ProcessWorkers

    def open(self, recipe: Recipe, master: Master) -> AbstractContextManager[Workers]:
        self.workers = ProcessWorkers(recipe, master.blocks, 2)
        return self.workers


def test_a_worker_that_is_killed_costs_only_its_tasks() -> None:
    executor = Watched()
    killed: list[int] = []

    def kill_one(_: Progress) -> None:
        if not killed:
            killed.append(executor.workers.pids[0])
            os.kill(killed[0], signal.SIGKILL)

    found = decompose(PROBLEM, gap=1e-5, executor=executor, progress=kill_one)
    assert killed
    assert found.rounds > 2
    assert same(found, planned(Threads(1)))


@pytest.mark.filterwarnings("ignore")
def test_a_cluster_gives_the_same_plan_to_the_last_bit() -> None:
    distributed = pytest.importorskip("distributed", reason="needs the extra `cluster`")
    with (
        distributed.LocalCluster(
            n_workers=2,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
        ) as local,
        distributed.Client(local) as client,
    ):
        found = planned(Cluster(client))
    assert same(found, planned(Threads(1)))
