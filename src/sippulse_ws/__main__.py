"""`python -m sippulse_ws` is `sippulse-ws`."""

from sippulse_ws.cli import app

app()
