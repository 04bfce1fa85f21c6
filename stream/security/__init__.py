"""Who may send frames and who may see results: CurveZMQ keys."""

from .access import ClientAccess, ServerAccess
from .keys import KeyPair

__all__ = ["ClientAccess", "KeyPair", "ServerAccess"]
