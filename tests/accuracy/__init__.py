"""How well prompts are understood, by who is selected: `python -m tests.accuracy` prints it."""
