"""From a trained network to an engine bundle: export, reliability, card."""
