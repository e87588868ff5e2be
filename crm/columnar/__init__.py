"""A columnar copy of customers and their orders that answers a rule in milliseconds.

`encode` turns documents into columns, `parts` keeps them in Arrow files that processes share by mmap,
`columns` answers the tests of a rule, `snapshot` puts the parts together.
"""
