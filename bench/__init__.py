"""Benchmarks: `python -m bench --help`; docs/performance-log.md says what the figures mean."""
