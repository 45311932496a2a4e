"""Commands: the catalogue, who carries them out, and what goes in and out."""
