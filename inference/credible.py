"""How likely each instance is a skyrmion that is outlined right, and which are likely enough."""

from __future__ import annotations

import numpy as np

from .instances import Instances
from .reliability import Reliability
from .shapes import diameter
from .size_map import SizeMap
from .view import View


def confidences(
    instances: Instances, view: View, sizes: SizeMap | None, reliability: Reliability
) -> np.ndarray:
    """Return the probability of each, shape (count,).

    Parameters
    ----------
    view
        In which they were found.
    sizes
        As the network drew them; None from one that does not.
    """
    size = diameter(instances.core_area)
    log_sigma = np.full(instances.count, np.nan)
    if sizes is not None:
        _, log_sigma = sizes.at(instances.centre)
    touching = instances.touching(view.edge)
    return reliability.confidence_of(instances.core_mean, log_sigma, np.log(size), touching)


def credible(
    instances: Instances, view: View, sizes: SizeMap | None, reliability: Reliability
) -> Instances:
    """Return those with at least `Reliability.least_confidence`, numbered anew.

    For the parameters see `confidences`.
    """
    least = reliability.least_confidence
    if least == 0 or instances.count == 0:
        return instances
    return instances.only(confidences(instances, view, sizes, reliability) >= least)
