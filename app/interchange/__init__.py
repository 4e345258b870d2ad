"""Question banks of other systems: files in, drafts of questions out, and the reverse.

Nothing here knows the database or Flask. :mod:`app.interchange.formats` finds the formats, :mod:`app.interchange.bank`
has the model between them.
"""
