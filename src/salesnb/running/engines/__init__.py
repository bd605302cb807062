"""Ways to run a notebook: a plain kernel each, or kernels forked from a warm process."""
