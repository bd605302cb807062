"""Outside the kernel: one report, many reports, what is left of them."""

import sys

# With JupyterLab installed, `import nbformat` builds a grammar for internationalised addresses
# that takes over a second of every start and that no notebook uses (python-jsonschema 1428).
# jsonschema goes without it where it cannot be imported.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
