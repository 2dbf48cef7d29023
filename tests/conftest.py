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
]

# Machines that run tests may be slow and busy: no property depends on time.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")
