"""What a call may do and what it costs: prices, admission, rating, and what follows from them."""
