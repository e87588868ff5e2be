"""Words to rule trees without a model: a small grammar that never guesses.

text → tokens → chunks (what each word may be) → pieces (amounts, times, topics, values, connectives)
→ frames (one condition each) → a tree by a precedence parser. Every character of a prompt ends up in
exactly one piece, or in a question. `reading.read` is the way in; the words of a language are data
(`english.toml` and its neighbours), the meaning of topics is `meanings.py`.
"""
