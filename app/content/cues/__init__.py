"""Test whether answers can be found without reading the question, by attacks that see only the options.

The attacks get their data from :mod:`.bank`. Those in :mod:`.rules` are open to a person; :mod:`.classifier` learns
from other questions. :mod:`.limits` defines how often an attack may succeed, and :mod:`.report` prints all results for
an author.
"""
