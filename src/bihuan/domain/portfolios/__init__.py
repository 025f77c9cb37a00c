"""Who looks after which customers, and who may open a file that is not theirs: requests and signatures, broken glass
and its review, hand-overs with their first calls, corrections. Owners and file grants themselves are customers' own.
"""
