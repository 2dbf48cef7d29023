"""Benchmarks: `python -m bench --help`; docs/performance.md says what the figures mean."""
