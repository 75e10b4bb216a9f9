"""The games, one file each, in a folder per mechanism class."""
