"""What the vendor's document says of `vi_cdrs` and `acc`: columns in order, with their types."""

import json
from pathlib import Path

DOCUMENTED: dict[str, dict[str, str]] = json.loads(
    Path(__file__).with_name("sql_views.json").read_text(encoding="utf-8")
)
