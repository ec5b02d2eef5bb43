"""Records the examples of the API's documents: `python -m tests.support.examples`, with names of scenes for some."""

import os
import sys

import pytest

if __name__ == "__main__":
    os.environ["RECORD_EXAMPLES"] = "1"
    names = sys.argv[1:]
    sys.exit(pytest.main(["-q", "tests/http/test_examples.py", *(["-k", " or ".join(names)] if names else [])]))
