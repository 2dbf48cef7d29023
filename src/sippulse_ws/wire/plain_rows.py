"""Long lists of plain elements in a request: their texts by columns, without an element for each.

Programs write the rows of a list all alike: the same tags in the same order and with the same
white space, and only the texts are different. Such rows are cut out of the document, all but the
first, before it is parsed; the first tells what the others mean. Cut at each `</`, the rows are
pieces of which every n-th has the same markup and the text of the same child:

    rate><rate><domain>example.com | domain><prefix>5548 | prefix> | rate><rate><domain>…
"""

import re
from functools import cache
from typing import NamedTuple

LEAST_BYTES = 4096  # of a document in which this pays
MARK = "sippulse.rows"  # the element that stands for the rows that were cut out
# What XML does not allow in a text, but bytes above 0x7F.
_UNFIT = bytes([*range(9), 11, 12, *range(14, 32)])
_SEPARATOR = "\x01"  # one of them
_inside = re.compile("<([^<>]*)>")
_is_tag = re.compile(r"[A-Za-z_][\w:.-]*(?:\s[^<>]*)?/?").fullmatch
_NON_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE, U+FFFF


class CutRows(NamedTuple):
    """A document with the first of its rows and MARK, and the texts of the rows' children."""

    document: bytes
    columns: list[list[str]]  # one for each child of the first row, with the first row's text


def cut_rows(body: bytes, name: str) -> CutRows | None:
    """Cut the elements of this name out, if there are several and they are all alike."""
    opening = _opening(name).search(body)
    if opening is None or MARK.encode() in body:
        return None
    start, closing = opening.start(), b"</" + opening[1] + b">"
    first_end = body.find(closing, start) + len(closing)
    end = body.rfind(closing) + len(closing)
    if not start < first_end < end:
        return None
    rows = body[start:end]
    if len(rows.translate(None, _UNFIT)) < len(rows) or any(one in rows for one in _NON_CHARACTERS):
        return None
    try:
        columns = _columns(rows.decode(), body.count(b"</", start, first_end))
    except (UnicodeDecodeError, _NotAlikeError):
        return None
    return CutRows(body[:first_end] + f"<{MARK}/>".encode() + body[end:], columns)


@cache
def _opening(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"<((?:[A-Za-z_][A-Za-z0-9_.-]*:)?{name})(?:\s[^<>]*)?>".encode())


class _NotAlikeError(Exception):
    """The rows have to be read as elements."""


def _columns(rows: str, closings: int) -> list[list[str]]:
    """The texts of each child, of rows with so many end tags each."""
    *pieces, end = rows.split("</")
    _need(not len(pieces) % closings and "&" not in rows)
    between, _, _ = pieces[closings].partition("<")  # the end of a row, and white space
    _need(between.startswith(end))
    pieces[0] = between + pieces[0]
    count = len(pieces) // closings
    columns: list[list[str]] = []
    for place in range(closings):
        column = pieces[place::closings]
        before, _, text = column[0].rpartition(">")
        empty = _tags(f"{before}>")[int(place == 0) :]  # the first is that of the row
        if place < closings - 1:
            _need(bool(empty) and not empty.pop().endswith("/"))
            texts = [_texts(column, f"{before}>", text)]
        else:
            _need(_are_equal(column) and "<" not in text)
            texts = []
        _need(all(tag.endswith("/") for tag in empty))
        columns += [[""] * count for _ in empty] + texts
    _need(bool(columns))
    if "\r" in rows:  # XML makes a line feed of it
        _need(not any("\r" in text for column in columns for text in column))
    return columns


def _tags(markup: str) -> list[str]:
    """What stands between < and >, without what ends in the beginning."""
    tags = _inside.findall(markup)
    _need(markup.count("<") == markup.count(">") - 1 == len(tags) and all(map(_is_tag, tags)))
    return tags


def _texts(pieces: list[str], before: str, text: str) -> list[str]:
    """What follows the same markup in all of these; `text` is that of the first."""
    if _are_equal(pieces):
        _need("<" not in text)
        return [text] * len(pieces)
    together = _SEPARATOR + _SEPARATOR.join(pieces)
    _, *texts = together.split(_SEPARATOR + before)
    _need(len(texts) == len(pieces))
    _need(all(together.count(one) == before.count(one) * len(pieces) for one in "<>"))
    return texts


def _are_equal(pieces: list[str]) -> bool:
    return pieces.count(pieces[0]) == len(pieces)


def _need(alike: bool) -> None:
    if not alike:
        raise _NotAlikeError
