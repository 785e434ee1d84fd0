"""The model that ships with the book: its corpus, tokenizer, training and evaluation."""
