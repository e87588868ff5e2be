"""A vendor of messages as a program of its own, for trying the product with: it reaches nobody."""
