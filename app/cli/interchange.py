"""The commands ``content import``, ``content export`` and ``content template``."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import click
from flask.cli import with_appcontext

from app.cli.context import get_settings
from app.content.folders import find_course_files
from app.content.material import Material, read_material
from app.interchange.authoring import draft_bank
from app.interchange.bank import MAX_BYTES, UnreadableBankError
from app.interchange.course import build_bank, list_names
from app.interchange.files import write_files
from app.interchange.formats import list_formats, read_bank, write_bank
from app.interchange.report import describe_export, describe_import
from app.interchange.sheets.workbook import build_template

_READABLE = [one.name for one in list_formats() if one.read]
_WRITABLE = [one.name for one in list_formats() if one.write]


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--format", "format_name", type=click.Choice(_READABLE), help="The format, if it is not recognised.")
@click.option("--into", type=click.Path(path_type=Path), help="A new folder for the drafts and pictures.")
@click.option("--dry-run", is_flag=True, help="Show what would be imported without writing anything.")
@with_appcontext
def import_bank(file: Path, format_name: str | None, into: Path | None, dry_run: bool) -> None:
    """Make drafts of the questions in FILE, and list what is changed, lost or left to write."""
    if into is None and not dry_run:
        raise click.UsageError("give a folder with --into, or --dry-run")
    if into is not None and os.path.lexists(into):
        raise click.ClickException(f"{into} exists already; give a new folder")
    if file.stat().st_size > MAX_BYTES:
        raise click.ClickException(f"{file} is too large; {MAX_BYTES // 1024 // 1024} MB at most")
    try:
        bank = read_bank(file.read_bytes(), file.name, format_name)
    except UnreadableBankError as error:
        raise click.ClickException(f"{file}: {error}") from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be read ({error.strerror})") from error
    drafts = draft_bank(bank, list_names(_read_course()))
    for line in describe_import(drafts, bank):
        click.echo(line)
    if dry_run or into is None:
        click.echo("Dry run: nothing was written.")
        return
    if not any(draft.document for draft in drafts):
        raise click.ClickException("no question can be imported, so nothing was written")
    _write_folder(into, write_files(drafts, bank.pictures))


@click.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "format_name", type=click.Choice(_WRITABLE), required=True)
@click.option("--module", "modules", multiple=True, metavar="ID", help="Only this module. Can be repeated.")
@click.option("--question", "questions", multiple=True, metavar="ID", help="Only this question. Can be repeated.")
@with_appcontext
def export_bank(file: Path, format_name: str, modules: tuple[str, ...], questions: tuple[str, ...]) -> None:
    """Write questions of the course into FILE, and list what the format cannot hold."""
    material = _read_course()
    for kind, names, known in (
        ("module", modules, material.modules),
        ("question", questions, frozenset(material.question_names)),
    ):
        for name in names:
            if name not in known:
                raise click.ClickException(f"the course has no {kind} `{name}`")
    written = write_bank(build_bank(material, modules=modules, questions=questions), format_name)
    for line in describe_export(written.bank):
        click.echo(line)
    _write_file(file, written.data)


@click.command("template")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def write_template(file: Path) -> None:
    """Write an Excel workbook with an example of each type of question into FILE, for people to fill in."""
    _write_file(file, build_template())


def _write_file(file: Path, data: bytes) -> None:
    """Write a new file, never over another."""
    try:
        _write_whole(file, data)
    except FileExistsError as error:
        raise click.ClickException(f"{file} exists already; give a new name") from error
    except OSError as error:
        raise click.ClickException(f"{file} cannot be written ({error.strerror})") from error
    click.echo(f"Written: {file}")


def _read_course() -> Material:
    """Read the content files; a file with a fault only makes the course smaller."""
    return read_material(find_course_files(get_settings().content))


def _write_folder(folder: Path, files: dict[str, bytes]) -> None:
    """Write files into a new folder, all or none."""
    try:
        folder.mkdir(parents=True)
        try:
            for name, data in files.items():
                path = folder / name
                path.parent.mkdir(exist_ok=True)
                _write_whole(path, data)
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written ({error.strerror})") from error
    click.echo(f"Written: {len(files)} files in {folder}")


def _write_whole(file: Path, data: bytes) -> None:
    """Write a new file, and remove it again if the disk is full or the command is interrupted."""
    with file.open("xb") as out:
        try:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        except BaseException:
            file.unlink(missing_ok=True)
            raise
