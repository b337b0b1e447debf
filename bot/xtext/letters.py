"""Sets of characters, as the inside of a regular expression's brackets."""

SPACES = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
BLANKS = "\t-\r \xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff"
"""What JavaScript takes for blank."""
PUNCTUATION = r"!'#%&()*+,\\/:;<=>?@\[\]^{|}~$"
"""What ends a domain; a hyphen, an underscore and a dot do not."""
NO_CHARACTERS = "\ufffe\ufeff\uffff"
DIRECTIONS = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272"
    "\u0289\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
"""Latin letters with accents, and accents."""
ACCENTED = (
    f"{LATIN}\u0260\u0269\u0275\u0280\u0283\u0288\u028a\u028c\u0292\u0399\u03b9\u1fbe"
    "\u2c65\u2c66\u2c7e\u2c7f"
)
"""The same where case is ignored: with what has one of them for its capital."""
CYRILLIC = "\u0400-\u04ff\u1c80-\u1c87"
"""Cyrillic letters where case is ignored."""
