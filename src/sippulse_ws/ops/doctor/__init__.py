"""`sippulse-ws doctor`: what is wrong with an installation, and what to do about it.

Checks return `findings`, whose sentences in both languages are in `texts`; the other modules hold
the checks, by what they look at, and `course` runs them all.
"""
