"""Statistics, claims, figures and the report of a study."""
