"""Corpora: results of a study as data sets for others, checked and described by metadata.

`catalogue` says what there is, `package` writes it, `integrity` checks it, `croissant` and
`documents` describe it, `validation` reads it back through the description, `released` translates
the layout of the published corpus.
"""
