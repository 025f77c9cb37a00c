"""Bihuan (闭环): a customer-service operations platform. See ARCHITECTURE.md."""
