"""Logistic regression with a slight ridge."""

from __future__ import annotations

import numpy as np
from scipy.optimize import minimize


def fit_logistic(terms: np.ndarray, positive: np.ndarray, ridge: float) -> tuple[float, np.ndarray]:
    """Return intercept and weights, (terms,), of the log odds that something is positive.

    Parameters
    ----------
    terms
        Shape (n, terms).
    positive
        Bool (n,).
    ridge
        Weight of the squared slopes over terms brought to a standard deviation of one.
    """
    centre, scale = terms.mean(axis=0), terms.std(axis=0) + 1e-9
    x = np.column_stack([np.ones(len(terms)), (terms - centre) / scale])
    sign = np.where(positive, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ weights)
        slope = -sign / (1 + np.exp(np.clip(margin, -50, 50)))
        gradient = x.T @ slope / len(x)
        gradient[1:] += 2 * ridge * weights[1:]
        return float(np.logaddexp(0, -margin).mean() + ridge * np.sum(weights[1:] ** 2)), gradient

    weights = minimize(loss, np.zeros(x.shape[1]), jac=True, method="BFGS").x
    slopes = weights[1:] / scale
    return float(weights[0] - slopes @ centre), slopes
