"""The network, its noise and its training."""
