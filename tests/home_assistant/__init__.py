"""Acceptance with a real Home Assistant."""
