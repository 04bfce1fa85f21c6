"""A frame becomes skyrmions: engines, segmentation, measurement, tracks."""
