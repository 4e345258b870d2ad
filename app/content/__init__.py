"""Content engine: the author's files -> :class:`app.domain.content.Course`, with every fault named by file and line.

:mod:`folders` finds the files, :mod:`documents` and :mod:`yaml_nodes` read them, :mod:`schema` gives them a shape,
:mod:`lessons` and :mod:`figures` turn text into safe HTML, :mod:`references` follows every id, :mod:`checker` looks for
questions that give their answer away, and :mod:`loader` puts it together. ``python -m app.content questions`` checks a
folder by hand.
"""
