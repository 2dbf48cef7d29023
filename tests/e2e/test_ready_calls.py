"""The curl calls of every operation's page, pasted into a shell."""

import json
import subprocess
from pathlib import Path

import pytest
from lxml import etree

from sippulse_ws.web import samples
from tests.fixtures.demo import ephemeral_server
from tests.fixtures.ready_calls import OPERATIONS, Sample, write_calls


@pytest.mark.parametrize("sample", [samples.curl_soap, samples.curl_json])
def test_every_curl_call_works(sample: Sample, tmp_path: Path) -> None:
    assert len(OPERATIONS) == 96  # 103 less the other spellings
    with ephemeral_server() as served:
        for one, path in zip(OPERATIONS, write_calls(sample, ".sh", served, tmp_path), strict=True):
            ended = subprocess.run(["sh", path], capture_output=True, check=False, timeout=120)
            assert ended.returncode == 0, ended.stderr
            if sample is samples.curl_json:
                told = json.loads(ended.stdout)
                assert list(told) in ([one.returns.wire] if one.returns else [], []), told
            else:
                response = etree.fromstring(ended.stdout)[0][0]
                assert etree.QName(response).localname == f"{one.name}Response", ended.stdout
