"""Finished runs in napari: recordings and image files, frame by frame from the disk."""
