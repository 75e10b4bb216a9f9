"""Games of the mechanism class trust (TR-2)."""
