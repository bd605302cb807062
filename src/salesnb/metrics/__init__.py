"""Metrics: one registry, one way to measure, to compare and to follow each of them."""
