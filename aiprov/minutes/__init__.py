"""Making minutes out of a transcript. Knows no model: embeddings come in as a function."""
