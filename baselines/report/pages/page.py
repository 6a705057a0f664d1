"""A page in one file: a template filled in, with its style, scripts, pictures and data inside.

Templates, styles and scripts are the files beside this module. Whatever is filled in is escaped. The page may load
nothing: its content security policy forbids every request.
"""

import base64
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray
from PIL import Image

HERE = Path(__file__).resolve().parent
COMMON_STYLE, COMMON_SCRIPT = "page.css", "page.js"


def render(
    template: str, values: Mapping[str, Any], data: Any, styles: Sequence[str] = (), scripts: Sequence[str] = ()
) -> str:
    """Return a template of this folder, which extends base.html, as a whole page.

    values: what the template names. data: what the scripts read, as `PAGE`; plain values. styles, scripts: files of
    this folder after the common ones, in their order.
    """
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(template).render(
        **values,
        style=_inside((COMMON_STYLE, *styles)),
        script=_inside((COMMON_SCRIPT, *scripts)),
        data=Markup(json_text(data)),
    )


def json_text(data: Any) -> str:
    """Return plain values as JSON that can stand in a script element: no `<` ends it early, no number is NaN."""
    text = json.dumps(data, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def picture_uri(picture: NDArray[np.uint8], form: str = "PNG", quality: int = 80) -> str:
    """Return a picture (H, W) or (H, W, 3) as a data URI; form: PNG, without loss, or WEBP or JPEG of a quality."""
    output = io.BytesIO()
    options = {"optimize": True} if form == "PNG" else {"quality": quality}
    Image.fromarray(picture).save(output, form, **options)
    return data_uri(output.getvalue(), f"image/{form.lower()}")


def data_uri(content: bytes, kind: str) -> str:
    """Return bytes of a MIME type as a data URI."""
    return f"data:{kind};base64,{base64.b64encode(content).decode('ascii')}"


def _inside(names: Sequence[str]) -> Markup:
    return Markup("\n".join((HERE / name).read_text(encoding="utf-8") for name in names))
