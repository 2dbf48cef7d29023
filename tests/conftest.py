pytest_plugins = [
    "tests.fixtures.database",
    "tests.fixtures.app",
    "tests.fixtures.demo",
    "tests.fixtures.proxies",
    "tests.fixtures.server",
    "tests.fixtures.webhooks",
    "tests.fixtures.races",
]
