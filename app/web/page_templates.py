"""How templates are compiled and run.

Each is compiled once for each language: what depends on nothing else becomes constant text. A page has a hundred texts,
icons and links that are the same for everybody. Whatever depends on the reader, the request or the course is evaluated
as usual. The code of pages avoids work that Jinja repeats for each value and each call.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from types import FunctionType
from typing import TYPE_CHECKING, Any

from flask.templating import Environment
from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.runtime import Context, Macro
from jinja2.visitor import NodeTransformer
from markupsafe import Markup, escape
from werkzeug.routing import BuildError

from app.web import translation

if TYPE_CHECKING:
    from flask import Flask

_TEXTS = frozenset({"_", "gettext"})
_CONSTANT_FUNCTIONS = frozenset({"icon", "static", "course_language"})
"""Functions of templates whose value depends on nothing but their arguments and the language."""
_LOCALE_FIELDS = frozenset({"language", "text_direction"})


class _Constants(NodeTransformer):
    """Replaces calls by their value in the current language. Its templates escape their values everywhere."""

    def __init__(self, environment: LanguageEnvironment) -> None:
        self.environment = environment

    def visit_Call(self, node: nodes.Call) -> nodes.Node:  # noqa: N802  named by Jinja
        self.generic_visit(node)
        if not isinstance(node.node, nodes.Name) or node.dyn_args is not None or node.dyn_kwargs is not None:
            return node
        name = node.node.name
        arguments = [arg.value for arg in node.args if isinstance(arg, nodes.Const)]
        if len(arguments) < len(node.args):
            return node
        if name in _TEXTS:
            return _translate(node, arguments[0])
        values = {each.key: each.value.value for each in node.kwargs if isinstance(each.value, nodes.Const)}
        if len(values) < len(node.kwargs):
            return node
        if name in _CONSTANT_FUNCTIONS:
            return nodes.Const(self._call(name, *arguments, **values), lineno=node.lineno)
        return self._build_url(node, arguments, values) if name == "url_for" else node

    def visit_Getattr(self, node: nodes.Getattr) -> nodes.Node:  # noqa: N802  named by Jinja
        """Replace ``locale().language`` and the like."""
        called = node.node
        is_locale = (
            isinstance(called, nodes.Call) and isinstance(called.node, nodes.Name) and called.node.name == "locale"
        )
        if is_locale and node.attr in _LOCALE_FIELDS:
            return nodes.Const(str(getattr(self._call("locale"), node.attr)), lineno=node.lineno)
        return self.generic_visit(node)

    def _call(self, name: str, *arguments: Any, **values: Any) -> Any:
        function: Any = self.environment.globals[name]
        return function(*arguments, **values)

    def _build_url(self, node: nodes.Call, arguments: list[Any], values: dict[str, Any]) -> nodes.Node:
        if any(name.startswith("_") for name in values):
            return node
        try:
            path = self.environment.app.url_map.bind("localhost").build(arguments[0], values)
        except BuildError:  # is raised again if the page gets there
            return node
        return nodes.Const(path, lineno=node.lineno)


def _translate(node: nodes.Call, text: str) -> nodes.Node:
    found = Markup(translation.translate(text))  # noqa: S704  a text of the catalogue
    if not node.kwargs:
        return nodes.Const(found % (), lineno=node.lineno)
    values = [nodes.Pair(nodes.Const(each.key), each.value) for each in node.kwargs]
    return nodes.Mod(nodes.Const(found), nodes.Dict(values), lineno=node.lineno)


def escape_output(value: Any) -> str:
    """Escape a value for a page. Markupsafe would copy a value that is markup already, twice."""
    return value if type(value) is Markup else escape(value)


class _CodeGenerator(CodeGenerator):
    """Compiles pages with their constants. Mails are compiled as they are: some of them are not escaped."""

    def visit_Template(self, node: nodes.Template, frame: Any = None) -> None:  # noqa: N802  named by Jinja
        self.writeline(f"from {__name__} import escape_output")
        if self.name and self.name.endswith(".html"):
            node = _Constants(self.environment).visit(node)  # type: ignore[arg-type]
        super().visit_Template(node, frame)

    def _output_child_pre(self, node: nodes.Expr, frame: Frame, finalize: Any) -> None:
        if frame.eval_ctx.autoescape and not frame.eval_ctx.volatile:
            self.write("escape_output(")
        else:
            super()._output_child_pre(node, frame, finalize)


class _Context(Context):
    """A context with two short cuts.

    It imports macros without comparing the names of all globals first. Jinja compares them at each import, in case a
    template was loaded with globals of its own; here none is. And it calls macros and plain functions, of which a
    result has a thousand calls, without looking for what they want as their first argument.
    """

    def __init__(self, environment: Any, parent: Any, name: Any, blocks: Any, globals: Any = None) -> None:  # noqa: A002
        super().__init__(environment, parent, name, blocks)

    def call(self, called: Any, /, *args: Any, **kwargs: Any) -> Any:
        kind = type(called)
        if kind is not Macro and (kind is not FunctionType or hasattr(called, "jinja_pass_arg")):
            return super().call(called, *args, **kwargs)
        kwargs.pop("_loop_vars", None)
        kwargs.pop("_block_vars", None)
        return called(self.eval_ctx, *args, **kwargs) if kind is Macro else called(*args, **kwargs)


class LanguageEnvironment(Environment):
    """Flask's environment, with one compiled template for each language."""

    code_generator_class = _CodeGenerator
    context_class = _Context
    app: Flask

    def __init__(self, app: Flask, **options: Any) -> None:
        super().__init__(app, **options)
        self._compiled: dict[tuple[str, str], Template] = {}

    def _load_template(self, name: str, globals: MutableMapping[str, Any] | None) -> Template:  # noqa: A002
        key = translation.get_language(), name
        template = self._compiled.get(key)
        if template is None or (self.auto_reload and not template.is_up_to_date):
            assert self.loader is not None
            template = self._compiled[key] = self.loader.load(self, name, self.make_globals(globals))
        return template
