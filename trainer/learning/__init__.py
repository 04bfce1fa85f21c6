"""The network, its noise, its training and its evaluation."""
