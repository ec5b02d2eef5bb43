"""The examples of the API's documents: real exchanges with a small world, by subject. See `recording.py`."""
