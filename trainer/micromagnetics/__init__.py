"""Magnetisation of thin films: energies, fields and relaxation, many films at once."""
