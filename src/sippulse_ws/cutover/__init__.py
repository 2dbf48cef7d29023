"""Coming from another installation: its data through its own published operations."""
