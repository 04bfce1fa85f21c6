"""The napari dock widget: people look and steer."""
