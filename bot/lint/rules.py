"""Lists every rule. A new rule is a function, and an entry here with two examples."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from bot.lint import figures, links, plan, quotes, style
from bot.lint.context import Rule
from bot.lint.share_rules import SHARE_RULES

if TYPE_CHECKING:
    from bot.lint.context import PlanContext, PostContext


_HART = """\
facts:
  hart:
    claim: The HART system for the data of migrants runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2022-07-18
"""
_SUMMIT = """\
events:
  summit:
    name: AWS Summit
    place: New York
    starts: 2026-12-01 09:00
    ends: 2026-12-01 18:00
"""
_REFUSAL = """\
statements:
  refusal:
    speaker: Ana Roe
    role: organizer
    source: https://example.org/roe
    quote: We will not build tools for deportation.
"""
_EMBARGO = "embargo: 2026-12-01 13:00\n"
_CLAIM = "Amazon must end its contracts with the police, and end them"
_GIST = _REFUSAL.replace("quote: We will not build", "paraphrase: They refuse to build")


def _post(text: str, when: str = "2026-12-01 12:00", more: str = "") -> str:
    extra = f"    {more}\n" if more else ""
    return f"    when: {when}\n{extra}    text: {text}\n"


def _posts(*posts: str, before: str = "") -> str:
    named = (f"  - id: {name}\n{post}" for name, post in zip(("one", "two"), posts, strict=False))
    return f"{before}posts:\n{''.join(named)}"


def _linking(link: str) -> str:
    return _posts(_post("Take part.", more=f"link: {link}"))


POST_RULES: tuple[Rule[PostContext], ...] = (
    Rule(
        "L801",
        "warning",
        "Platforms forbid bots to mention people who did not ask for it; each is notified.",
        "text: Read this, @somebody.\n",
        "text: Read this, Somebody. We are @ours.\n",
        style.unsolicited_mention,
    ),
    Rule(
        "L802",
        "warning",
        "More than three hashtags look like spam, to people and to platforms.",
        'text: "Take part. #Tech #Cloud #Rights #Work"\n',
        'text: "Take part. #Tech #Rights"\n',
        links.too_many_hashtags,
    ),
    Rule(
        "L803",
        "warning",
        "A screen reader reads #NoTechForIce as words, and #notechforice as one long noise.",
        'text: "Take part. #notechforice"\n',
        'text: "Take part. #NoTechForIce"\n',
        links.unreadable_hashtag,
    ),
    Rule(
        "L804",
        "warning",
        "On X, a post with a link costs many times one without; a name with a dot is a link.",
        "text: What amazon.com does not tell you.\n",
        "text: What Amazon does not tell you.\nlink: https://example.org/amazon\n",
        links.costly_link,
    ),
    Rule(
        "L805",
        "error",
        "Without https, anybody on the way can see who reads a page, and change it.",
        "text: Read http://example.org/report.\nlink: https://example.org\n",
        "text: Read it.\nlink: https://example.org/report\n",
        links.insecure_link,
    ),
    Rule(
        "L806",
        "error",
        "Letters of several scripts make one address look like another: a known way to deceive.",
        "text: Read it.\nlink: https://аmazon.example.org/report\n",
        "text: Read it.\nlink: https://amazon.example.org/report\n",
        links.deceptive_link,
        suppressible=False,
    ),
    Rule(
        "L807",
        "error",
        "Hidden characters make two texts look the same, or one text show another.",
        "text: Ask Ama\u200bzon today.\n",
        "text: Ask Amazon today.\n",
        style.hidden_characters,
        suppressible=False,
    ),
    Rule(
        "L808",
        "warning",
        "Capitals read as shouting; some screen readers spell them letter by letter.",
        "text: PEOPLE OVER PROFIT, we say.\n",
        "text: People over profit, we say to AWS, ICE and DHS.\n",
        style.all_caps,
    ),
    Rule(
        "L809",
        "warning",
        "People who shout at a person are remembered for it, not for the demand.",
        "demand: end-it\ntext: Andy Jassy, end it now!!!\n",
        "demand: end-it\ntext: Andy Jassy, end it now!\n",
        style.shouting_at_person,
    ),
    Rule(
        "L810",
        "warning",
        "People who cannot see a picture have only its alt text.",
        "text: Look at this.\nmedia: [{file: media/card.png, alt: image}]\n",
        "text: Look at this.\n"
        "media: [{file: media/card.png, alt: A card that says people over profit}]\n",
        style.useless_alt_text,
    ),
    Rule(
        "L811",
        "warning",
        "A post that is due after its event was usually forgotten when the event was moved.",
        _posts(_post("See you there.", "2026-12-02 12:00", "event: summit"), before=_SUMMIT),
        _posts(_post("Thank you.", "{event: summit, offset: 1h, from: end}"), before=_SUMMIT),
        plan.post_after_event,
    ),
    Rule(
        "L816",
        "error",
        "A letter of another script makes one word pass for another: a known way to deceive.",
        "text: Ask Am\u0430zon today.\n",
        "text: 'Ask Amazon today, спросите #НетAmazon.'\n",
        style.lookalike_letters,
        suppressible=False,
    ),
    Rule(
        "F901",
        "error",
        "A figure that differs from its fact is the first thing that a hostile press office finds.",
        _posts(_post("HART costs $5 billion.", more="facts: [hart]"), before=_HART),
        _posts(_post('"HART costs {{ fact.hart.figure }}."'), before=_HART),
        partial(figures.judged_figures, "differs"),
    ),
    Rule(
        "F902",
        "warning",
        "A figure that is typed by hand does not change when its fact is corrected.",
        _posts(_post("HART costs 6 billion dollars.", more="facts: [hart]"), before=_HART),
        _posts(_post('"HART costs {{ fact.hart.figure }}."'), before=_HART),
        partial(figures.judged_figures, "retyped"),
    ),
    Rule(
        "F903",
        "warning",
        "A figure without a fact has no source to show when somebody asks.",
        "text: It reads 1,300 plates an hour.\n",
        "text: It reads the plates of two cities, since July 2022.\n",
        partial(figures.judged_figures, "unknown"),
    ),
    Rule(
        "F904",
        "error",
        "Three zeros, thousand or half of, right beside a figure, change the figure.",
        _posts(_post('"HART costs {{ fact.hart.figure }},000."'), before=_HART),
        _posts(_post('"HART costs {{ fact.hart.figure }}, AWS says."'), before=_HART),
        figures.altered_figures,
    ),
    Rule(
        "F906",
        "warning",
        "Over, under and at least are part of a claim, and its source must say them.",
        _posts(_post('"HART costs over {{ fact.hart.figure }}."'), before=_HART),
        _posts(_post('"HART costs {{ fact.hart.figure }}."'), before=_HART),
        figures.qualified_figures,
    ),
    Rule(
        "F911",
        "error",
        "A quotation is somebody's words to the letter; a wrong one leads to a printed correction.",
        _posts(_post("“We won't build tools for deportation,” says Ana Roe."), before=_REFUSAL),
        _posts(_post("“We will not build tools,” says Ana Roe."), before=_REFUSAL),
        partial(quotes.unsourced_quotation, paraphrased=False),
        suppressible=False,
    ),
    Rule(
        "F912",
        "error",
        "Quotation marks around a paraphrase claim that the speaker used these very words.",
        _posts(_post("Ana Roe says “they refuse to build tools for deportation”."), before=_GIST),
        _posts(_post("They refuse to build tools for deportation, says Ana Roe."), before=_GIST),
        partial(quotes.unsourced_quotation, paraphrased=True),
        suppressible=False,
    ),
    Rule(
        "F913",
        "warning",
        "Somebody's words without their name look like your own.",
        _posts(_post("We will not build tools for deportation."), before=_REFUSAL),
        _posts(
            _post('"{{ statement.refusal.speaker }}: “{{ statement.refusal.words }}”"'),
            before=_REFUSAL,
        ),
        quotes.unnamed_speaker,
    ),
)

PLAN_RULES: tuple[Rule[PlanContext], ...] = (
    Rule(
        "L812",
        "warning",
        "Posts closer than the account's gap do not go out when they are due.",
        _posts(_post("One."), _post("Two.", "2026-12-01 12:10")),
        _posts(_post("One."), _post("Two.", "2026-12-01 12:30")),
        plan.too_close_together,
    ),
    Rule(
        "L813",
        "warning",
        "A post that is due in quiet hours is sent, and may disturb people; only late posts wait.",
        _posts(_post("Good night.", "2026-12-01 23:00")),
        _posts(_post("Good evening.", "2026-12-01 20:00")),
        plan.in_quiet_hours,
    ),
    Rule(
        "L814",
        "warning",
        "A post due before its embargo ends is held back until its grace ends, and then missed.",
        _posts(_post("Our report is out."), before=_EMBARGO),
        _posts(_post("Our report is out.", "2026-12-01 13:00"), before=_EMBARGO),
        plan.before_embargo,
    ),
    Rule(
        "L815",
        "warning",
        "The same words again within a month are spam to platforms, and to people.",
        _posts(_post(f"{_CLAIM} now."), _post(f"{_CLAIM} today.", "2026-12-20 12:00")),
        _posts(_post(f"{_CLAIM} now."), _post("Whose doorbell is it?", "2026-12-20 12:00")),
        plan.repeated_text,
    ),
    Rule(
        "L817",
        "error",
        "The same words, or almost, from several accounts make one voice look like many.",
        "accounts: [ours, also-ours]\ntext: Amazon must end its contracts with the police now.\n",
        "accounts: [ours, also-ours]\n"
        "wordings:\n"
        "  demand: Amazon must end its contracts with the police now.\n"
        "  question: Whose streets does a doorbell watch? Ask Amazon.\n",
        plan.coordinated_text,
        suppressible=False,
    ),
    Rule(
        "L818",
        "error",
        "Several accounts that mention the same stranger are a crowd that nobody asked for.",
        "accounts: [ours, also-ours]\n"
        "# groundswell: allow L801 they have agreed to be named\n"
        "wordings:\n"
        "  plain: Amazon must end its contracts with the police, says @somebody.\n"
        "  asks: Whose streets does a doorbell watch? Ask @somebody.\n",
        "accounts: [ours, also-ours]\n"
        "wordings:\n"
        "  plain: Amazon must end its contracts with the police, says Somebody.\n"
        "  asks: Whose streets does a doorbell watch? Ask Somebody.\n",
        plan.coordinated_mention,
        suppressible=False,
    ),
    Rule(
        "F905",
        "warning",
        "A fact that nobody has reviewed may have become wrong; its posts are held back.",
        _posts(
            _post("It runs on AWS.", more="facts: [hart]"),
            before=f"{_HART}    review_by: 2026-10-01\n",
        ),
        _posts(
            _post("It runs on AWS.", more="facts: [hart]"),
            before=f"{_HART}    review_by: 2026-12-31\n",
        ),
        plan.overdue_review,
    ),
    Rule(
        "L831",
        "warning",
        "Marks that nothing gets, or that two things share, tell nobody where people came from.",
        f"links: {{pages: https://example.com/}}\n{_linking('https://example.org/petition')}",
        f"links: {{pages: https://example.org/}}\n{_linking('https://example.org/petition')}",
        links.useless_marks,
    ),
    Rule(
        "F909",
        "warning",
        "A reader who compares a link with the source of a fact finds another address.",
        f"{_HART}links: {{pages: https://example.org/}}\n{_linking('https://example.org/hart')}",
        f"{_HART}links: {{pages: https://example.org/, leave: https://example.org/hart}}\n"
        + _linking("https://example.org/petition"),
        links.marked_source,
    ),
    *SHARE_RULES,
)

RULES: tuple[Rule[Any], ...] = (*POST_RULES, *PLAN_RULES)
