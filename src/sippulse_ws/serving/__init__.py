"""What `serve` runs: the supervisor, its workers, and the front that hands requests to threads.

docs/decisions/0008-front.md says why. The application itself is WSGI and runs under any server.
"""
