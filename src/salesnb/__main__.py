"""`python -m salesnb`, where the program `salesnb` is not on the path."""

import sys

from salesnb.cli import main

if __name__ == "__main__":
    sys.exit(main())
