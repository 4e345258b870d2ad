"""Shared by all pages: access, forms, rate limits, security headers, errors, mail and charts."""
