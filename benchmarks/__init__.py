"""How fast the main job is on the local stack: `make bench`."""
