"""Training sets: films, labels, and their store."""
