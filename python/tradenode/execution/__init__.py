"""Orders on their way: what was asked of venues, what they said to it, and what is not known."""
