"""Venues: how they are reached and what they say."""
