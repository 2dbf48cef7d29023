"""The WSDLs under wsdl/ are those that are served; `make wsdl` writes them anew."""

from pathlib import Path

from typer.testing import CliRunner

from sippulse_ws.cli import app

GOLDEN = Path(__file__).parents[2] / "wsdl"


def test_golden_wsdls_are_what_is_exported(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["wsdl", "export", str(tmp_path)])
    assert result.exit_code == 0, result.output
    exported = {path.name: path.read_text(encoding="utf-8") for path in tmp_path.iterdir()}
    golden = {path.name: path.read_text(encoding="utf-8") for path in GOLDEN.iterdir()}
    assert exported.keys() == golden.keys()
    for name, text in exported.items():
        assert text == golden[name], f"{name} changed; if that is meant: make wsdl"
