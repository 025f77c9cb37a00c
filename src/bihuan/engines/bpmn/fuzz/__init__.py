"""Random processes made of blocks, and the laws their tokens must obey whatever is done to them.

A block has one way in and one way out, so it is known without the engine which sets of live tokens are possible:
that is what `marking` checks, from the drawing alone. Everything comes from one seed.
"""
