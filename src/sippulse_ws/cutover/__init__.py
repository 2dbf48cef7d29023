"""Takes over another installation, whose data is read through its own published operations."""
