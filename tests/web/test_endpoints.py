"""Endpoints are named like their view functions."""

from __future__ import annotations

import inspect

from flask import Flask


def test_each_endpoint_has_the_name_of_its_view_function(app: Flask) -> None:
    named = {
        endpoint: inspect.unwrap(view).__name__
        for endpoint, view in app.view_functions.items()
        if endpoint != "static" and not endpoint.startswith("security.")
    }

    assert named
    assert {endpoint: name for endpoint, name in named.items() if endpoint.rpartition(".")[2] != name} == {}
