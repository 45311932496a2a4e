"""Backups: the configuration, the values that were set, tuning files and the state of series as one archive.

`archive` packs and unpacks it, `files` collects and restores what is in it, and `restored` applies restored values at
the next start.
"""
