"""The key with which addresses of erased accounts are recognised."""

from __future__ import annotations

from flask import current_app

from app.services.cohorts.rejoining import AddressKey


def get_address_key() -> AddressKey:
    return AddressKey(current_app.config["SECRET_KEY"])
