"""Benchmarks of the main job on the local stack: `make bench`."""
