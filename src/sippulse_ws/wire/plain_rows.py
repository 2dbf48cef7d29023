"""Splits a long list of uniform rows in a request into columns of text, without parsing each row.

Programs write all rows of a list alike: the same tags in the same order with the same white space;
only the texts differ. Before such a document is parsed, all rows but the first are cut out of it;
the first one is parsed, and shows which field each column is. Split at each `</`, the rows are
pieces of which every n-th has the same markup, followed by the text of the same child:

    rate><rate><domain>example.com | domain><prefix>5548 | prefix> | rate><rate><domain>…
"""

import re
from functools import cache
from typing import NamedTuple

LEAST_BYTES = 4096  # of a document; in shorter ones this does not pay
MARK = "sippulse.rows"  # the element that stands for the rows that were cut out
# The bytes below 0x80 that XML does not allow in a text.
_UNFIT = bytes([*range(9), 11, 12, *range(14, 32)])
_SEPARATOR = "\x01"  # one of these, so it is in no text
_inside = re.compile("<([^<>]*)>")
_is_tag = re.compile(r"[A-Za-z_][\w:.-]*(?:\s[^<>]*)?/?").fullmatch
_NON_CHARACTERS = (b"\xef\xbf\xbe", b"\xef\xbf\xbf")  # U+FFFE, U+FFFF


class CutRows(NamedTuple):
    """A document with its first row and MARK in place of the others, and the texts of all rows."""

    document: bytes
    columns: list[list[str]]  # one for each child of a row; the first row is in them too


def cut_rows(body: bytes, name: str) -> CutRows | None:
    """Cut out the elements with this name; None unless there are several, all of the same form."""
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
    """The texts of the rows by child; `closings` is the number of end tags in a row."""
    *pieces, end = rows.split("</")
    _need(not len(pieces) % closings and "&" not in rows)
    between, _, _ = pieces[closings].partition("<")  # the rest of a row's end tag, white space
    _need(between.startswith(end))
    pieces[0] = between + pieces[0]
    count = len(pieces) // closings
    columns: list[list[str]] = []
    for place in range(closings):
        column = pieces[place::closings]
        before, _, text = column[0].rpartition(">")
        empty = _tags(f"{before}>")[int(place == 0) :]  # the first tag is the row's own
        if place < closings - 1:
            _need(bool(empty) and not empty.pop().endswith("/"))
            texts = [_texts(column, f"{before}>", text)]
        else:
            _need(_are_equal(column) and "<" not in text)
            texts = []
        _need(all(tag.endswith("/") for tag in empty))
        columns += [[""] * count for _ in empty] + texts
    _need(bool(columns))
    if "\r" in rows:  # XML parsers turn it into a line feed
        _need(not any("\r" in text for column in columns for text in column))
    return columns


def _tags(markup: str) -> list[str]:
    """The start tags and empty elements in markup that begins with the rest of an end tag."""
    tags = _inside.findall(markup)
    _need(markup.count("<") == markup.count(">") - 1 == len(tags) and all(map(_is_tag, tags)))
    return tags


def _texts(pieces: list[str], before: str, text: str) -> list[str]:
    """The texts after `before`, with which every piece begins; `text` is the first piece's."""
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
