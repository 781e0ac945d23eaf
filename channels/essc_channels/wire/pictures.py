"""Pictures of codes (二维码)."""

from io import BytesIO

import segno


def svg(content: str) -> str:
    """A QR picture of a text: an SVG document."""
    out = BytesIO()
    segno.make_qr(content, error="m").save(out, kind="svg", scale=4, xmldecl=False)
    return out.getvalue().decode()
