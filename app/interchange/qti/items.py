"""Read items of QTI 2.0 to 2.2 and 3.0."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from xml.etree.ElementTree import Element

from app.content.interactions import Description, ExtendedTextInteraction, Interaction, Severity
from app.interchange.bank import BankItem, RefusedItemError
from app.interchange.qti import hotspots, interactions, pairs
from app.interchange.qti.body import TextReader
from app.interchange.qti.feedback import join
from app.interchange.qti.pairs import read_inline_choices
from app.interchange.qti.reader import ItemReader
from app.interchange.qti.values import NotUnderstoodError
from app.interchange.qti.xml import Node

READERS: dict[str, Callable[[ItemReader, Element], Interaction]] = {
    **interactions.READERS,
    **pairs.READERS,
    **hotspots.READERS,
}
"""How each interaction is read, by its element."""

_WORDS = {
    "uploadInteraction": "a file to send in",
    "drawingInteraction": "a drawing",
    "mediaInteraction": "a recording to play",
    "positionObjectInteraction": "moving an object on a picture",
    "graphicGapMatchInteraction": "moving labels onto a picture",
    "graphicOrderInteraction": "putting parts of a picture in order",
    "graphicAssociateInteraction": "linking parts of a picture",
    "customInteraction": "a program of its own",
    "portableCustomInteraction": "a program of its own",
    "endAttemptInteraction": "a button that ends the attempt",
}


def read_item(root: Node, texts: TextReader, file_name: str = "", background: str = "") -> BankItem:
    """Return the item, refused if its interaction cannot be held. ``background`` is a stimulus that it shares."""
    identifier = " ".join(root.get("identifier", "").split())
    where = f"item {identifier}" if identifier else "an item"
    item = BankItem(
        place=(f"{where} ({file_name})" if file_name else f"{where}, line {root.line}"),
        identifier=identifier,
        title=" ".join((root.get("title") or "").split()),
    )
    try:
        item = _read_parts(item, root, texts, background)
    except (RefusedItemError, NotUnderstoodError) as error:
        reason = str(error) if isinstance(error, RefusedItemError) else f"it has {error}"
        item = item.refuse(reason)
    return replace(item, pictures=tuple(texts.pictures)).add_notes(*texts.notes)


def _read_parts(item: BankItem, root: Node, texts: TextReader, background: str) -> BankItem:
    body = root.find("itemBody")
    if body is None:
        raise RefusedItemError("it has no text")
    if root.find("templateDeclaration") is not None or root.find("templateProcessing") is not None:
        raise RefusedItemError("its numbers are drawn at random by rules of their own")
    reader = ItemReader(root, texts, background=background)
    reader.stem = join([background, texts.read_inside(body)])
    if root.get("adaptive") == "true":
        texts.note(Severity.LOST, "it went on asking until it was solved; here each question is answered once")
    interaction = _read_interaction(reader, body)
    _read_rubrics(reader, body, interaction)
    texts.add_notes(*reader.sorter.list_unused())
    return replace(
        item,
        interaction=interaction,
        stem=reader.stem,
        feedback=join(reader.general),
        mark=0.0 if isinstance(interaction, Description) else round(reader.mark, 5),
        tags=tuple(filter(None, [root.get("label", "").strip()])),
    )


def _read_interaction(reader: ItemReader, body: Element) -> Interaction:
    found = [element for element in body.iter() if str(element.tag).endswith("Interaction")]
    found = [one for one in found if one.tag != "endAttemptInteraction"]
    if not found:
        reader.general += reader.sorter.find_all()
        return Description()
    tags = {str(one.tag) for one in found}
    if len(found) > 1 and tags != {"inlineChoiceInteraction"}:
        raise RefusedItemError(f"it asks for {len(found)} answers at once; here each question asks for one")
    if len(found) > 1:
        return read_inline_choices(reader, found)
    tag = str(found[0].tag)
    if tag not in READERS:
        raise RefusedItemError(f"it asks for {_WORDS.get(tag, f'an unknown kind of answer ({tag[:40]})')}")
    return READERS[tag](reader, found[0])


def _read_rubrics(reader: ItemReader, body: Element, interaction: Interaction) -> None:
    """Put notes for candidates before the stem, and note that those for others are left out."""
    for rubric in body.iter("rubricBlock"):
        views = rubric.get("view", "").split()
        if isinstance(interaction, ExtendedTextInteraction) and "candidate" not in views:
            continue
        text = reader.texts.read_inside(rubric)
        if "candidate" in views:
            reader.stem = join([text, reader.stem])
        elif text:
            reader.texts.note(
                Severity.LOST, f"the note for {' and '.join(views) or 'others'} was left out: “{text[:60]}”"
            )
