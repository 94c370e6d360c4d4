"""A corpus of polluted CSV files, made from a seed, with what is right in each; and how well they are read.

The kinds of pollution are those of the Pollock benchmark (https://github.com/HPI-Information-Systems/Pollock), whose
own files are not used.
"""
