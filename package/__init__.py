"""skyrmlive: every magnetic skyrmion in every Lorentz TEM frame, live."""

__version__ = "0.1.0"
