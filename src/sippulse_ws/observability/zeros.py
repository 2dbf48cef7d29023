"""Shows counters as 0 before their first event, since Prometheus would miss that event."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector
from prometheus_client.samples import Sample
from prometheus_client.utils import floatToGoString

from sippulse_ws import metrics

Labels = Mapping[str, str]


class _Source(Protocol):
    def collect(self) -> Iterable[Metric]: ...


class ZeroFilled(Collector):
    """The samples of `source`, plus a 0 for each set of labels in `expected` that it lacks."""

    def __init__(
        self, source: _Source, expected: Mapping[MetricWrapperBase, Sequence[Labels]]
    ) -> None:
        self._source = source
        self._expected = {one: list(labels) for one, labels in expected.items()}

    def collect(self) -> Iterator[Metric]:
        found = {family.name: family for family in self._source.collect()}
        for one, labels in self._expected.items():
            name, kind = str(one._name), str(one._type)
            family = found.setdefault(name, Metric(name, str(one._documentation), kind))
            there = {_key(sample.labels) for sample in family.samples}
            for missing in labels:
                if _key(missing) not in there:
                    family.samples.extend(_zeros(name, kind, missing))
        yield from found.values()


def _key(labels: Labels) -> frozenset[Any]:
    return frozenset(pair for pair in labels.items() if pair[0] != "le")


def _zeros(name: str, kind: str, labels: Labels) -> Iterator[Sample]:
    own = dict(labels)
    if kind == "histogram":
        for bound in (*metrics.BUCKETS, float("inf")):
            le: str = floatToGoString(bound)  # type: ignore[no-untyped-call]
            yield Sample(f"{name}_bucket", own | {"le": le}, 0.0)
        yield Sample(f"{name}_count", own, 0.0)
        yield Sample(f"{name}_sum", own, 0.0)
    else:
        yield Sample(f"{name}_total" if kind == "counter" else name, own, 0.0)
