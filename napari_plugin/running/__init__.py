"""Starting and steering a run on this computer, and choosing its engine."""
