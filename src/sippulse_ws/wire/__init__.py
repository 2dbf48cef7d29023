"""SOAP as the JAX-WS reference implementation speaks it, on Spyne and lxml.

`types` holds the contract's complex types, `rpc` publishes functions as operations, `endpoint`
answers HTTP requests for one service. `compat` has to run before Spyne is imported.
"""

from . import compat  # noqa: F401
