"""Rates what there is in small batches, a line for each; to be killed at any moment.

Usage: python -m tests.e2e.rating_process URL BATCH
"""

import sys

from sippulse_ws.charging.rating import RatingWorker
from sippulse_ws.db import Database


def main() -> None:
    url, size = sys.argv[1], int(sys.argv[2])
    worker, database = RatingWorker("America/Sao_Paulo", tells_calls=True), Database(url)
    while worker.run(database, size):
        print("batch", flush=True)
    print("done", flush=True)


if __name__ == "__main__":
    main()
