"""What an operator does to the database: partitions, accounts and schemas for those who read it."""
