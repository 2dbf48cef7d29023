"""What an operator sees of a running server: a line per operation, outages, spans, ids of requests.

`log.py` routes the lines of loggers, `metrics.py` holds what Prometheus reads.
"""
