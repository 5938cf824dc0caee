"""An existing account as code: records -> declarations -> a module's text, and a state's resources.

Pure: no I/O, no HTTP. What is asked, shown and written is the command's (`cli/importing.py`).
"""
