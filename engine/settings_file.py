"""Refuses a stack's settings file that is no YAML, by name: the CLI's own error names only a line."""

import sys
from pathlib import Path

import yaml

path = Path(sys.argv[1])
try:
    if path.exists():
        yaml.safe_load(path.read_text(encoding="utf-8"))
except (yaml.YAMLError, UnicodeDecodeError, OSError) as error:
    sys.exit(f"make: {path} cannot be read: {' '.join(str(error).split())}")
