"""Bihuan (闭环): a customer-service operations platform. See ARCHITECTURE.md."""

__version__ = "0.1.0"
