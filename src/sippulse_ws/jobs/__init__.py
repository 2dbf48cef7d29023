"""What runs beside the serving processes."""
