"""A material becomes an engine: simulation, simulated images, training. Needs torch."""
