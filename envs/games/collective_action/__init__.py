"""Games of the mechanism class collective action (TR-3)."""
