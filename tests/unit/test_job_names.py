"""Background jobs by name: what the metrics and `jobs status` expect is what runs."""

import math
import time
from typing import Any

import pytest
from prometheus_client.metrics_core import Metric

from sippulse_ws.config import Settings
from sippulse_ws.config_delivery import WebhookSettings
from sippulse_ws.jobs.names import job_names
from sippulse_ws.jobs.work import list_work
from sippulse_ws.observability.facts import DatabaseFacts, FactsCollector
from sippulse_ws.parts import make_proxies

HOOK = {"name": "crm", "url": "https://crm.example.com/hook", "secret": "whsec_" + "QUJD" * 8}
PROXY = {"name": "edge", "kind": "kamailio", "url": "http://127.0.0.1:5060/RPC"}
JOBS = "sippulse_ws_job_last_success_timestamp_seconds"


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"webhooks": (WebhookSettings.model_validate(HOOK),)},
        {"smtp_url": "smtp://127.0.0.1:2525", "mail_from": "a@example.com"},
        {"proxies": [PROXY]},
    ],
)
def test_a_job_that_runs_is_known_by_name(chosen: dict[str, Any]) -> None:
    settings = Settings(**chosen)
    work = list_work(settings, make_proxies(settings))
    assert sorted(job_names(settings)) == sorted(job.name for job in work)


def collected(collector: FactsCollector) -> dict[str, Metric]:
    return {family.name: family for family in collector.collect()}


def test_nothing_of_the_database_is_missing_before_it_answered() -> None:
    def look() -> DatabaseFacts:
        raise OSError("away")

    families = collected(FactsCollector(look, ["rating"]))
    assert families.pop("sippulse_ws_database_up").samples[0].value == 0
    assert len(families) == 7
    for family in families.values():
        assert [math.isnan(one.value) for one in family.samples] == [True], family.name


def test_a_job_that_never_ran_is_there_and_one_that_is_gone_is_not() -> None:
    collector = FactsCollector(lambda: DatabaseFacts(jobs={"webhook old": None}), ["rating"])
    for _ in range(600):  # the first look may take its time
        jobs = collected(collector)[JOBS].samples
        if not math.isnan(jobs[0].value):
            break
        time.sleep(0.1)
    assert [(one.labels, one.value) for one in jobs] == [({"background_job": "rating"}, 0)]
