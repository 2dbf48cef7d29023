"""The schema: its migrations and which revision is there."""
