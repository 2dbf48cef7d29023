"""`sippulse-ws doctor`: what is wrong with an installation, and what to do about it.

`findings` says what a check tells, `texts` holds its sentences in both languages; the others are
the checks, by what they look at, and `course` runs them all.
"""
