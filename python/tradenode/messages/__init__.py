"""Words that the floors above exchange."""
