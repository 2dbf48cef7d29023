"""Publishing plain functions as operations of a web service."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from spyne import MethodDescriptor, rpc
from spyne import Service as SpyneService

from .faults import WSException
from .fields import FieldType, wire_name
from .names import BASE_PATH


class Service(SpyneService):
    """A web service; its class name is the port type and the last part of its path.

    `PATHS` replaces that path by several, of which the first is the canonical one.
    """

    PATHS: ClassVar[tuple[str, ...]] = ()
    OWN: ClassVar[bool] = False  # whether it is ours, not one of the vendor's contract

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "PATHS" not in vars(cls):
            cls.PATHS = (BASE_PATH + cls.__name__,)


class Published:
    """A function that becomes a Spyne method under each name that it has in a class body."""

    _is_rpc = True  # what Spyne looks for in a class body

    def __init__(
        self,
        function: Callable[..., Any],
        params: Sequence[FieldType],
        returns: FieldType | None,
        aliases: Mapping[str, str],
        writes: bool,
    ) -> None:
        self.function = function
        self.params = tuple(params)
        self.returns = returns
        self.aliases = dict(aliases)
        self.writes = writes

    def __call__(self, **by_spyne: Any) -> MethodDescriptor:
        # `rpc` removes items from its arguments, so each name needs a call of its own.
        options: dict[str, Any] = {
            "_args": [wire_name(param) for param in self.params],
            "_udd": {"aliases": self.aliases, "writes": self.writes},
            # Spyne tells methods apart by their function's name, which several may share.
            "_internal_key_suffix": "." + by_spyne["_default_function_name"],
            "_throws": [WSException],
        }
        if self.returns is not None:
            options["_returns"] = self.returns
            options["_out_variable_name"] = wire_name(self.returns)
        return rpc(*self.params, **options)(self.function)(**by_spyne)


def published(
    function: Callable[..., Any],
    params: Sequence[FieldType] = (),
    returns: FieldType | None = None,
    aliases: Mapping[str, str] | None = None,
    writes: bool = False,
) -> Published:
    """Publish `function(context, *args)`; `aliases` maps other spellings to parameters."""
    return Published(function, params, returns, aliases or {}, writes)
