"""A second bar engine in plain Python: slow, exact and written from the documented rules, for comparison only."""
