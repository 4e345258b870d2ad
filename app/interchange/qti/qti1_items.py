"""Read items of QTI 1.2, as Canvas and other systems export them."""

from __future__ import annotations

from dataclasses import replace

from app.content.interactions import Description, Interaction
from app.interchange.bank import BankItem, RefusedItemError
from app.interchange.qti import qti1_interactions
from app.interchange.qti.body import TextReader
from app.interchange.qti.feedback import join
from app.interchange.qti.qti1_reader import Item1Reader
from app.interchange.qti.values import NotUnderstoodError, read_number
from app.interchange.qti.xml import Node

_REFUSED = {
    "calculated_question": "its numbers are computed from a formula",
    "file_upload_question": "it asks for a file to send in",
    "fill_in_multiple_blanks_question": "it asks for several texts at once; here each question asks for one",
    "hot_spot_question": "it asks to point at a picture without saying where right is",
}
"""Types of Canvas that need more than one answer, or a program."""


def read_item(root: Node, texts: TextReader, file_name: str = "") -> BankItem:
    """Return the item, refused if it cannot be held."""
    identifier = " ".join(root.get("ident", "").split())
    where = f"item {identifier}" if identifier else "an item"
    item = BankItem(
        place=(f"{where} ({file_name})" if file_name else f"{where}, line {root.line}"),
        identifier=identifier,
        title=" ".join((root.get("title") or "").split()),
    )
    try:
        item = _read_parts(item, Item1Reader(root, texts))
    except (RefusedItemError, NotUnderstoodError) as error:
        is_refusal = isinstance(error, RefusedItemError)
        item = item.refuse(str(error) if is_refusal else f"its scoring rules are not understood ({error})")
    return replace(item, pictures=tuple(texts.pictures)).add_notes(*texts.notes)


def _read_parts(item: BankItem, reader: Item1Reader) -> BankItem:
    question_type = reader.fields.get("question_type", "")
    if question_type in _REFUSED and not (question_type == "hot_spot_question" and reader.conditions.conditions):
        raise RefusedItemError(_REFUSED[question_type])
    interaction = _read_interaction(reader, question_type)
    texts = reader.texts
    texts.add_notes(*reader.sorter.list_unused())
    points = reader.fields.get("points_possible")
    tags = [reader.fields[name] for name in ("keywords", "tags") if reader.fields.get(name)]
    return replace(
        item,
        interaction=interaction,
        stem=join([*reader.stem]),
        feedback=join([*reader.general, *reader.read_solutions()]),
        mark=round(max(0.0, read_number(points)) if points else reader.mark, 5),
        tags=tuple(tags),
    )


def _read_interaction(reader: Item1Reader, question_type: str) -> Interaction:
    responses = reader.responses
    if not responses or question_type == "text_only_question":
        reader.general += reader.sorter.find_all()
        return Description()
    kinds = {str(one.tag) for one in responses}
    if len(responses) > 1:
        if kinds == {"response_lid"}:
            return qti1_interactions.read_lists(reader, responses)
        raise RefusedItemError(f"it asks for {len(responses)} answers at once; here each question asks for one")
    response = responses[0]
    match response.tag:
        case "response_lid":
            return qti1_interactions.read_list(reader, response)
        case "response_str" | "response_num":
            return qti1_interactions.read_typed(reader, response, question_type)
        case "response_grp":
            return qti1_interactions.read_groups(reader, response)
    raise RefusedItemError("it asks to point at a picture")
