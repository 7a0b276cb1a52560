"""Frozen words that parts of a node say to one another."""
