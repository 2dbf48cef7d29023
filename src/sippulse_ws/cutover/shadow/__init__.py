"""Seeing before the day that one's clients will work: a proxy, and its recordings again."""
