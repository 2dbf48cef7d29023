"""Metrics of a server's processes, from /proc: master, workers and background process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

PROC = Path("/proc")
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


class Processes(Collector):
    """Sums by role, so that replaced workers add no series."""

    def __init__(self, master: int | None = None) -> None:
        self._master = master

    def collect(self) -> Iterator[Metric]:
        count = GaugeMetricFamily("sippulse_ws_processes", "Processes.", labels=["role"])
        memory = GaugeMetricFamily(
            "sippulse_ws_process_resident_bytes", "Resident memory.", labels=["role"]
        )
        files = GaugeMetricFamily("sippulse_ws_process_open_files", "Open files.", labels=["role"])
        threads = GaugeMetricFamily("sippulse_ws_process_threads", "Threads.", labels=["role"])
        cpu = CounterMetricFamily(
            "sippulse_ws_process_cpu_seconds", "CPU time of those that live.", labels=["role"]
        )
        for role, pids in self._by_role().items():
            every = [found for pid in pids if (found := _figures(pid))]
            totals = [sum(column) for column in zip(*every, strict=True)] or [0.0] * 4
            memory.add_metric([role], totals[0])
            files.add_metric([role], totals[1])
            threads.add_metric([role], totals[2])
            cpu.add_metric([role], totals[3])
            count.add_metric([role], len(every))
        yield from (count, memory, files, threads, cpu)

    def _by_role(self) -> dict[str, list[int]]:
        master = self._master if self._master is not None else os.getppid()
        roles: dict[str, list[int]] = {"master": [master], "worker": [], "background": []}
        for child in _children(master):
            roles["worker" if "serve" in _command(child) else "background"].append(child)
        return roles


def _children(pid: int) -> list[int]:
    """Child processes, started by whichever thread of a process."""
    found: list[int] = []
    with suppress(OSError):
        for thread in (PROC / f"{pid}/task").iterdir():
            found += map(int, (thread / "children").read_text().split())
    return found


def _command(pid: int) -> list[str]:
    with suppress(OSError):
        return (PROC / f"{pid}/cmdline").read_text(errors="replace").split("\0")
    return []


def _figures(pid: int) -> tuple[float, float, float, float] | None:
    """Resident bytes, open files, threads, CPU seconds; None if the process has ended."""
    try:
        fields = (PROC / f"{pid}/stat").read_text().rpartition(") ")[2].split()
        files = len(list((PROC / f"{pid}/fd").iterdir()))
    except OSError:
        return None
    user, system, threads, pages = fields[11], fields[12], fields[17], fields[21]
    seconds = (int(user) + int(system)) / _TICKS
    return float(int(pages) * _PAGE), float(files), float(threads), seconds
