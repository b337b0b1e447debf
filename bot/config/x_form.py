"""What an account of X may say under its ``x:``; what other platforms have stays out of it."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class Form(BaseModel):
    """What all parts have in common: no key is ignored, nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class XForm(Form):
    """What only X knows of an account."""

    long_posts: bool = Field(
        default=False,
        description="Whether the account may post more than 280 characters (X Premium).",
    )
    field_spelling: Literal["tweet", "post"] = Field(
        default="tweet",
        description="Which of X's two spellings of its field names is asked for first.",
    )
    owns_app: bool = Field(
        default=True,
        description="Whether the account itself owns the developer app whose keys it uses. X bills "
        "reading its own posts at a fifth of the usual price then. Of several accounts that use "
        "one app, only one can own it.",
    )
