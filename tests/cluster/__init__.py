"""A real Galera cluster of three nodes, HAProxy as deploy/cluster has it, and two servers."""
