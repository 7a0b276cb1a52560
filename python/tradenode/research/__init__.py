"""Uses of a node for study: back-tests and their results."""
