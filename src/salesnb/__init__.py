"""salesnb: parameterised sales reports in notebooks."""

__version__ = "0.1.0"
