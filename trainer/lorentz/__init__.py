"""From magnetisation to Lorentz image: phase and transfer function."""
