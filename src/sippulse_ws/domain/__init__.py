"""Rules and queries, one module per aggregate: plain functions over a connection."""
