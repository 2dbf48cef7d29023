"""A server for other people's tests: faults on demand, a server in the process, a pytest plugin."""
