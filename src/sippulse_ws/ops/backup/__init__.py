"""One file that holds everything an installation needs to come back, and its way back.

`container` is the file: compressed, perhaps encrypted, cut off nowhere unnoticed. `parts` are the
pieces in it. `mariadb` and `sqlite` fetch and put back the database, `accounts` what was made for
integrators and SIP proxies, `course` is the order of it all.
"""
