"""Long lists of plain elements in a request: their texts by columns, without an element for each.

Programs write the rows of a list all alike: the same tags in the same order and with the same
white space, and only the texts are different. Such rows are cut out of the document, all but the
first, before it is parsed; the first tells what the others mean. Cut at each `<`, the rows are
pieces of which every n-th belongs to the same tag.
"""

import re
from functools import cache
from typing import NamedTuple

LEAST_BYTES = 4096  # of a document in which this pays
MARK = "sippulse.rows"  # the element that stands for the rows that were cut out
# What XML does not allow in a text, but bytes above 0x7F.
_UNFIT = bytes([*range(9), 11, 12, *range(14, 32)])
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
        columns = _columns(rows.decode(), body.count(b"<", start, first_end))
    except (UnicodeDecodeError, _NotAlikeError):
        return None
    return CutRows(body[:first_end] + f"<{MARK}/>".encode() + body[end:], columns)


@cache
def _opening(name: str) -> re.Pattern[bytes]:
    return re.compile(rf"<((?:[A-Za-z_][A-Za-z0-9_.-]*:)?{name})(?:\s[^<>]*)?>".encode())


class _NotAlikeError(Exception):
    """The rows have to be read as elements."""


def _columns(rows: str, width: int) -> list[list[str]]:
    """The texts of each child, of rows that are `width` tags each."""
    pieces = rows.split("<")
    del pieces[0]
    first = pieces[:width]
    # each piece is one tag and the text after it, without references
    _need(not len(pieces) % width and "&" not in rows and all(one.count(">") == 1 for one in first))
    _need_equal(pieces[::width])
    _need_equal(pieces[width - 1 : -1 : width])  # what follows the last row is not among the pieces
    _need(first[-1].startswith(pieces[-1]))
    columns: list[list[str]] = []
    place = 1
    while place < width - 1:
        tag, _, text = first[place].partition(">")
        if tag.endswith("/"):
            _need_equal(pieces[place::width])
            columns.append([""] * (len(pieces) // width))
            place += 1
        else:
            columns.append(_texts(pieces[place::width], tag, text))
            _need(first[place + 1].startswith(f"/{tag.split(None, 1)[0]}>"))
            _need_equal(pieces[place + 1 :: width])
            place += 2
    _need(place == width - 1 > 1)
    if "\r" in rows:  # XML makes a line feed of it
        _need(not any("\r" in text for column in columns for text in column))
    return columns


def _texts(pieces: list[str], tag: str, text: str) -> list[str]:
    """What follows the same tag in all of these."""
    if _are_equal(pieces):
        return [text] * len(pieces)
    together = "<" + "<".join(pieces)
    _, *texts = together.split(f"<{tag}>")
    _need(len(texts) == len(pieces) == together.count(">"))
    return texts


def _are_equal(pieces: list[str]) -> bool:
    return pieces.count(pieces[0]) == len(pieces)


def _need_equal(pieces: list[str]) -> None:
    _need(_are_equal(pieces))


def _need(alike: bool) -> None:
    if not alike:
        raise _NotAlikeError
