"""From commands to rules: one module per noun.

What a command declares stands beside what its rule is given: each module has its own closed union
`Command`, its `reads_of` and its `decide`. No rule lives here.
"""
