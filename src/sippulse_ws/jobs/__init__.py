"""The one background process beside `serve`: what nobody waits for, and what a clock starts."""

from __future__ import annotations

from sippulse_ws.jobs.job import Job
from sippulse_ws.jobs.process import BackgroundProcess

__all__ = ["BackgroundProcess", "Job"]
