"""The smallest possible Flask application: what a request costs at least on this machine."""

from flask import Flask

app = Flask(__name__)


@app.get("/healthz")
@app.get("/readyz")
def show() -> str:
    return "ok"
