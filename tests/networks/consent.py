"""What a person does at a network's consent page, without a browser."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable

import httpx2


def leave(address: str, user: str = "", *, cancel: bool = False, without: Iterable[str] = ()) -> str:
    """Open the page, be ``user`` (else the first who is offered), untick what is ``without``, and tell where that leads."""
    with httpx2.Client(timeout=20) as browser:
        shown = browser.get(address)
        assert shown.status_code == 200, shown.text
        fields = re.findall(r'<input type="hidden" name="(.*?)" value="(.*?)">', shown.text)
        form = {html.unescape(name): html.unescape(value) for name, value in fields}
        people = [html.unescape(name) for name in re.findall(r'name="user" value="(.*?)"', shown.text)]
        who = "" if cancel else user or people[0]
        granted = [scope for scope in re.split(r"[ ,]", form.get("scope", "")) if scope and scope not in set(without)]
        back = browser.post(address, data={**form, "user": who, **({"granted": granted} if without else {})})
        assert back.status_code in (302, 303), back.text
        return back.headers["location"]
