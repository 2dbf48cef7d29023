"""The rows of a dump, counted and digested alike however a program writes them."""

import pytest

from sippulse_ws.ops.backup.mariadb import TableDigests

ROWS = (
    rb"(1,'Ana','2026-03-24 12:27:20',NULL,0.500000)",
    rb"(2,'a),(b;','it\'s \\',0xC3A9,-1)",
    rb"(3,'',';',NULL,'\n(')",
)
# MariaDB's program writes a row on each line, MySQL's many on one, or each as a statement
LINES = b"INSERT INTO `t``x` VALUES\n" + b",\n".join(ROWS) + b";\n"
ONE_LINE = b"INSERT INTO `t``x` VALUES " + b",".join(ROWS) + b";\n"
STATEMENTS = b"".join(b"INSERT INTO `t``x` VALUES " + row + b";\n" for row in ROWS)


def digests(text: bytes) -> TableDigests:
    found = TableDigests()
    for line in text.splitlines(keepends=True):
        found.look(line)
    return found


@pytest.mark.parametrize("text", [LINES, ONE_LINE, STATEMENTS])
def test_rows_are_the_same_in_every_form(text: bytes) -> None:
    found = digests(b"-- head\n" + text + b"UNLOCK TABLES;\n" + text.replace(b"t``x", b"u"))
    results = found.results()
    assert {name: rows for name, (rows, _) in results.items()} == {"t`x": 3, "u": 3}
    assert results == digests(LINES + LINES.replace(b"t``x", b"u")).results()


@pytest.mark.parametrize("text", [LINES, ONE_LINE])
def test_every_change_of_a_row_is_another_digest(text: bytes) -> None:
    for changed in (text.replace(b"Ana", b"Eva"), text.replace(b"(b;", b"(c;"), text + text):
        assert digests(changed).results() != digests(text).results()


@pytest.mark.parametrize(
    ("line", "told"),
    [
        (b"-- CHANGE MASTER TO MASTER_LOG_FILE='b.1', MASTER_LOG_POS=157;\n", "MASTER"),
        (b"-- CHANGE REPLICATION SOURCE TO SOURCE_LOG_FILE='b.1', SOURCE_LOG_POS=157;\n", "SOURCE"),
    ],
)
def test_the_place_in_the_binary_log_is_told(line: bytes, told: str) -> None:
    assert digests(line).binlog == f"{told}_LOG_FILE='b.1', {told}_LOG_POS=157"
