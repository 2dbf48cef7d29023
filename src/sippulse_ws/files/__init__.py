"""Tables in files: one engine of imports and exports, a declaration per kind."""
