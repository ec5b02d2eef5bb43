"""What files are for."""
