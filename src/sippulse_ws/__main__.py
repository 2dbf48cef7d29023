"""`python -m sippulse_ws` runs `sippulse-ws`."""

from sippulse_ws.cli import app

app()
