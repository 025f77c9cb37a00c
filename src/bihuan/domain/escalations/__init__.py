"""Ladders: who is told, and how high a matter rises, as its limit runs out or its rework is counted.

Ladders are data of packs. What a matter is, its level and its grade belong to whoever owns it; this app
asks for them and says when the level rises.
"""
