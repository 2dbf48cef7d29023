"""Decides whether two answers to one request are the same."""

from __future__ import annotations

from sippulse_ws.cutover.shadow.comparing import Comparer, Comparison, FieldDifference
from sippulse_ws.cutover.shadow.messages import SoapMessage
from sippulse_ws.cutover.shadow.operations import KnownOperation
from sippulse_ws.cutover.shadow.tally import DIFFERENT, EQUAL, NO_ANSWER, REFUSED

SILENT = "silent"  # why nothing was compared: the client got no answer


def compare_answers(
    comparer: Comparer,
    operation: KnownOperation | None,
    given: tuple[int, SoapMessage | None],
    other: tuple[int, SoapMessage | None],
) -> Comparison:
    """Compare two answers, given as status and message; None: it is not SOAP."""
    if not other[0]:
        return Comparison()
    if given[1] is not None and other[1] is not None:
        found = comparer.compare(operation, given[1], other[1])
    else:
        found = Comparison()
        if given[1] is not None:
            found.difference = FieldDifference("Body", "SOAP", None)
        elif other[1] is not None:
            found.difference = FieldDifference("Body", None, "SOAP")
    if given[0] != other[0] and found.difference is None:
        found.difference = FieldDifference("HTTP status", str(given[0]), str(other[0]))
    return found


def verdict_of(status: int, found: Comparison) -> str:
    if not status:
        return NO_ANSWER
    if found.refused:
        return REFUSED
    return DIFFERENT if found.difference else EQUAL
