"""Backup of a whole installation in one file, and its restore.

`container` is the file format: compressed, optionally encrypted, and a truncated file is an error.
`parts` are the pieces in it. `mariadb` and `sqlite` dump and load the database, `accounts` the
accounts and views of integrators and SIP proxies. `course` has the steps of backup and restore.
"""
