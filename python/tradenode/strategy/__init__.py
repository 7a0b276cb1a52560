"""Strategies: symbolic bars that become rules, and call-backs."""
