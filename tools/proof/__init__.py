"""The comparisons of the page docs/proof.md, one subject a file.

Each file has `prove(pictures)`, which draws its picture into that folder and returns its figures.
"""
