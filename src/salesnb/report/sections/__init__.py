"""The sections notebooks show: each measures, says what stands out, and shows it."""
