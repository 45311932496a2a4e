"""The kinds of sources that a camera's frames come from: one model and one file per kind.

A new kind is a file here and one line in `any_source.py`.
"""
