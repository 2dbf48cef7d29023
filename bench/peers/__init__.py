"""Peers: the same contract and the same statements, written for other stacks."""
