"""The Rust core; every docstring of the seam lives here."""

__version__: str
