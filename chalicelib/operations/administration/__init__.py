"""What administrators see and do beyond lists of users and channels. Callers must be administrators."""
