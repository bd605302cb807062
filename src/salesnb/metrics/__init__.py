"""Room of salesnb."""
