"""What an operator sees of a running node, and what watches over it."""
