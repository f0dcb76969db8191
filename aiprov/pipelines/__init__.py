"""What is done with recordings: one module per kind of work, and the pure pieces they share."""
