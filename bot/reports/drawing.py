"""What all charts of the page share: how they are dressed, and how they are drawn beforehand.

Colours are CSS variables, so that one drawing serves light, dark and print. Each chart is drawn
twice: as SVG here, so that the page reads and prints without JavaScript, and by the reader's
browser for hovering.
"""

from __future__ import annotations

import re
from typing import Any

FONT = "system-ui, sans-serif"


def dressed(
    chart: Any, description: str, height: int, ground: str = "transparent"
) -> dict[str, Any]:
    """Give the Vega-Lite spec of an Altair chart: as wide as its place, in the page's own dress.

    ``ground`` is the colour behind its marks.
    """
    configured = chart.properties(
        width="container",
        height=height,
        background="transparent",
        description=description,
        autosize={"type": "fit-x", "contains": "padding"},
    )
    configured = configured.configure_view(stroke=None, fill=ground).configure_axis(
        labelColor="var(--muted)",
        labelFont=FONT,
        labelFontSize=12,
        labelPadding=6,
        gridColor="var(--line)",
        domainColor="var(--line)",
        ticks=False,
    )
    spec: dict[str, Any] = configured.configure_axisX(grid=False).to_dict()
    return spec


def still(spec: dict[str, Any], name: str, width: int, layers: int) -> str:
    """Draw the first layers as SVG, so many pixels wide: the others only answer to the pointer.

    ``name`` begins its ids, so that several can stand in one page.
    """
    import vl_convert

    seen = {**spec, "width": width, "layer": spec["layer"][:layers], "params": []}
    drawn = vl_convert.vegalite_to_svg(seen)
    drawn = re.sub(r"(\d\.\d)\d{2,}", r"\1", drawn)  # no screen shows a thousandth of a pixel
    return re.sub(r'(\bid="|url\(#)', rf"\g<1>{name}-", drawn)
