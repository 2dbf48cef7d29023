"""The background process beside `serve`: work that no request waits for, and periodic work."""

from __future__ import annotations

from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.process import BackgroundProcess

__all__ = ["BackgroundProcess", "Job"]
