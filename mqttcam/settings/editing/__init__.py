"""Change a camera in the configuration file, and nothing else in it: the file belongs to a person.

Which file for what:

- `config_editor`: reads the file, and replaces it once the changed one is valid. `config_file`: whether it can be
  replaced.
- `camera_changes`: what may be changed of a camera, and what is shown of it.
- `yaml_edit`: the text with a changed camera; `yaml_nodes` knows where each value stands, `yaml_text` writes values.

Why this is our own: ruamel.yaml keeps most comments, but loses those that follow a removed key, and writes the whole
file anew: other indentation, other spaces in `{…}`. Here the lines of a changed key are replaced in the text, all
others stay byte by byte, and the result is parsed and compared with what was wanted before anything is written.
"""
