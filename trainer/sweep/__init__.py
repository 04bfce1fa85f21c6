"""A film through a sweep of field and temperature, every skyrmion followed: the digital twin."""
