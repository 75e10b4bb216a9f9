"""The oracles: as released, one module per mechanism class, and solved anew, in `formal`.

The released seven belong to one class each, with the actions that the released code computes. They
are reference policies, not bounds: in all 20 environments some constant policy returns more than
every oracle of its class. What each solves, what the documents say of it and what it does here is
on its `card`. Those of the formal edition have the same names and follow from the game itself.
"""
