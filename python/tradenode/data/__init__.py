"""Recorded market data: read, checked, stored and made."""
