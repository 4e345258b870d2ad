"""How fast Palpate is, measured on the real server: ``python -m bench`` plays whole attempts over HTTP."""
