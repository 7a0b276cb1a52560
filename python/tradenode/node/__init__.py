"""A node: its deterministic core, and the shell that gives it time, sockets and a journal."""
