"""Games of the mechanism class reciprocity (TR-4)."""
