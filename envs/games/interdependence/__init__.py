"""Games of the mechanism class interdependence (TR-1)."""
