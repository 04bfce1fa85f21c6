"""Recordings: OME-Zarr on disk, appended before anything else happens to a frame."""
