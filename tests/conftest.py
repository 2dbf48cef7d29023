"""Fixtures of all tests, and how properties are tried."""

from hypothesis import HealthCheck, settings

pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.app",
    "tests.fixtures.demo",
    "tests.fixtures.faults",
    "tests.fixtures.proxies",
    "tests.fixtures.server",
    "tests.fixtures.webhooks",
    "tests.fixtures.races",
    "tests.fixtures.scheduling",
]

# Machines that run tests may be slow and busy: no property depends on time.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
# Of `.ci/run`, the same examples each time; and of `make test-slow`.
settings.register_profile("ci", settings.get_profile("busy"), derandomize=True, max_examples=60)
settings.register_profile("many", settings.get_profile("busy"), max_examples=1000)
