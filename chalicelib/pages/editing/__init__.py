"""Pages for the editors of a channel: its nodes, their places, its trash, and its own fields."""
