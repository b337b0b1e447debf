"""A campaign with a share page, in two languages and in the name of a partner."""

from __future__ import annotations

from typing import TYPE_CHECKING

from helpers.campaigns import HEADER, campaign_yaml, load_files

if TYPE_CHECKING:
    from pathlib import Path

    from bot.model import Campaign
    from bot.model.share import SharePage

SHARE = """\
share:
  organisation: MediaJustice
  page: https://share.example.org/people/
  link: https://example.org/petition
  intro: A page for supporters.
  wordings:
    - id: cost
      demand: take-hart-off
      text: "The system costs {{ fact.hart.figure }}. {{ demand.ask }}!"
    - id: calls
      demand: take-hart-off
      text: Who listens to calls from prison? It is a machine.
      facts: [prison-calls]
  partners:
    athena:
      name: Athena coalition
      link: https://athena.example.org/
      wordings:
        - id: ours
          demand: take-hart-off
          text: Our coalition asks {{ demand.target }} to stop.
  languages:
    es:
      title: La gente primero
      intro: Una página para quienes apoyan.
      demands:
        take-hart-off: {ask: Saquen HART de AWS}
      facts:
        hart: {claim: El sistema HART funciona en AWS, figure: 6000 millones de dólares}
      wordings:
        - id: coste
          demand: take-hart-off
          text: "El sistema cuesta {{ fact.hart.figure }}. ¡{{ demand.ask }}!"
"""
"""The section from line 29 of ``share_yaml`` on."""

SHARE_HEADER = HEADER.replace("timezone:", "language: en\npartners: [athena]\ntimezone:")


def share_yaml(share: str = SHARE, header: str = SHARE_HEADER) -> str:
    """Return a campaign file with this share page and one post."""
    return campaign_yaml(header=f"{header}{share}")


def share_campaign(folder: Path, share: str = SHARE) -> Campaign:
    """Return the campaign of a file with this share page, which must have no problem."""
    loaded = load_files(folder, a=share_yaml(share))
    assert loaded.problems == ()
    [campaign] = loaded.campaigns
    return campaign


def share_page(folder: Path, share: str = SHARE) -> SharePage:
    """Return the share page of ``share_campaign``."""
    page = share_campaign(folder, share).share
    assert page is not None
    return page
