"""What pages for editors do beyond single operations of the API: several nodes at once, files with their nodes."""
