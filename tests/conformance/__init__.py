"""Requests with known answers, sent over a socket to the stack that serves production."""
