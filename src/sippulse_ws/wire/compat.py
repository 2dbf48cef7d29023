"""Makes Spyne 2.14 importable on every CPython; imported before anything of Spyne.

Spyne bundles six 1.14, whose import hook has no `find_spec`: CPython 3.11 warns about such hooks,
3.12 and later ignore them. It also imports `cgi`, gone in 3.13, for a function that this package
never calls.
"""

import importlib.util
import sys
import types
from typing import Any

_SIX = "spyne.util.six"


def _load_bundled_six() -> None:
    package = importlib.util.find_spec("spyne")
    if package is None or not package.submodule_search_locations:
        raise ImportError("spyne is not installed")
    path = f"{package.submodule_search_locations[0]}/util/six.py"
    spec = importlib.util.spec_from_file_location(_SIX, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot load {path}")
    six: Any = importlib.util.module_from_spec(spec)
    sys.modules[_SIX] = six
    spec.loader.exec_module(six)
    hook = type(six._importer)
    hook.find_spec = lambda self, name, path=None, target=None: (
        importlib.util.spec_from_loader(name, self) if name in self.known_modules else None
    )
    hook.create_module = lambda self, spec: self.load_module(spec.name)
    hook.exec_module = lambda self, module: None


if _SIX not in sys.modules:  # loaded already if Spyne came first, which works on 3.11
    _load_bundled_six()
if importlib.util.find_spec("cgi") is None:
    sys.modules["cgi"] = types.ModuleType("cgi", "stands in for the module that Spyne imports")
