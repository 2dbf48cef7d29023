"""What a server's processes use, read from /proc: CPU and memory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

TICK = 1 / os.sysconf("SC_CLK_TCK")


def family(roots: Iterable[int]) -> list[int]:
    """These processes and all that descend from them."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, queue = [], list(roots)
    while queue:
        pid = queue.pop()
        found.append(pid)
        queue += children.get(pid, [])
    return found


def cpu_seconds(pids: Iterable[int]) -> float:
    """User and system time, that of children already gone included."""
    ticks = 0
    for pid in pids:
        if fields := _stat(pid):
            ticks += sum(map(int, fields[11:15]))  # utime stime cutime cstime
    return ticks * TICK


def pss_mib(pids: Iterable[int]) -> float:
    """Memory, with what processes share divided among them."""
    return sum(_pss_kib(pid) for pid in pids) / 1024


def private_mib(pids: Iterable[int]) -> list[float]:
    """What each process has for itself alone."""
    return [
        sum(_rollup_kib(pid, line) for line in ("Private_Clean:", "Private_Dirty:")) / 1024
        for pid in pids
    ]


class Peak:
    """How much more memory processes had at their peak than when this was made, in MiB."""

    def __init__(self, pids: Iterable[int]) -> None:
        self._before = {pid: _rss_kib(pid) for pid in pids}
        for pid in self._before:
            Path(f"/proc/{pid}/clear_refs").write_text("5")  # the peak begins anew

    def mib(self) -> float:
        peaks = {pid: _rss_kib(pid, "VmHWM:") for pid in self._before}
        return sum(max(0, peaks[pid] - rss) for pid, rss in self._before.items()) / 1024


def _rss_kib(pid: int, line: str = "VmRSS:") -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.partition(line)[2].split()[0])


def _pss_kib(pid: int) -> int:
    return _rollup_kib(pid, "Pss:")


def _rollup_kib(pid: int, wanted: str) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith(wanted):
            return int(line.split()[1])
    raise RuntimeError(f"no {wanted} of process {pid}")


def _stat(pid: int) -> list[str] | None:
    """The fields of /proc/PID/stat from the state on, or None when it is gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return text.rpartition(")")[2].split()
