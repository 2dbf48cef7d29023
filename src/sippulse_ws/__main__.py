"""`python -m sippulse_ws` runs `sippulse-ws`."""

from sippulse_ws.entry import main

main()
