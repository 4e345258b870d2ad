"""Content engine: turns the author's files into a :class:`app.domain.content.Course`, or faults with file and line.

The files are found by :mod:`folders`, read by :mod:`documents` and :mod:`yaml_nodes`, and checked for shape by
:mod:`schema`. Text becomes safe HTML in :mod:`lessons` and :mod:`figures`. :mod:`references` resolves every id,
:mod:`checker` looks for questions that give their answer away, and :mod:`loader` combines all of it. Run ``python -m
app.content questions`` to check a folder by hand.
"""
