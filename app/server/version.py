"""The version of Palpate. The package metadata uses it, so a checkout and an installed copy report the same version."""

VERSION = "0.1.0"
