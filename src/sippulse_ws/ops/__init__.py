"""What operators do to an installation: partitions, views and accounts, backups, the doctor."""
