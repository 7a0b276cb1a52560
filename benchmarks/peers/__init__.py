"""One file an engine: how each is asked to do the work of a comparison.

A file imports its engine at the top.
"""
