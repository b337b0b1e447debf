"""``groundswell share-texts`` has texts for each speaker, and no two speakers share one."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from helpers.cli import run_cli, write_file
from helpers.planning import ACCOUNTS, NOW, post, text_content
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from bot.clock import Clock
from bot.config import load
from bot.model import Campaign, Wording
from bot.planning.occurrences import plan_occurrences, shared_texts
from bot.runtime.app import create_app

if TYPE_CHECKING:
    from pathlib import Path


CONFIG = """\
accounts:
  our-x: { platform: x, handle: our_name }
  their-x: { platform: x, handle: their_name }
"""
HEAD = """\
campaign: ours
title: Ours
timezone: America/New_York
accounts: [our-x]
partners: [athena, fight]
hashtags: [NoTechForIce]
facts:
  hart:
    claim: HART runs on AWS
    figure: $6 billion
    source: https://example.org/hart
    as_of: 2026-07-18
"""
BOTH = "accounts: [our-x, their-x]\n"
FOUR = f"""\
{BOTH}wordings:
  plain: Take HART off AWS.
  asks: Why does HART run on AWS?
  figure: "{{{{ fact.hart.figure }}}} for HART?"
  "cloud": Not on this cloud.
"""
EVERYONE = ("our-x", "their-x", "athena", "fight")


def entry(name: str, more: str, days: int = 3) -> str:
    day = (Clock().now() + timedelta(days=days)).date()
    lines = "".join(f"    {line}\n" for line in more.splitlines())
    return f"  - id: {name}\n    when: {day} 12:00\n{lines}"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    write_file(tmp_path / "config.yaml", CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GROUNDSWELL_CONFIG", raising=False)
    return tmp_path


def say(project: Path, *posts: str, head: str = HEAD) -> None:
    write_file(project / "posts" / "ours.yaml", head + "posts:\n" + "".join(posts))


def rows(name: str, *args: str) -> list[dict[str, Any]]:
    ran = run_cli("share-texts", "--account", name, "--format", "json", *args)
    assert ran.code == 0, ran.err
    given: list[dict[str, Any]] = json.loads(ran.out)
    return given


def text(name: str, form: str = "text") -> str:
    ran = run_cli("share-texts", "--account", name, "--format", form)
    assert ran.code == 0, ran.err
    return ran.out


POLL = "text: Agree?\npoll: { options: [Aye, '=Nay'], hours: 2 }"


def test_every_format_has_the_options_of_a_poll(project: Path) -> None:
    say(project, entry("asks", POLL))
    for form in ("text", "md"):
        assert "Poll: Aye / =Nay, open for 120 minutes\n" in text("our-x", form)
    [part] = rows("our-x")[0]["parts"]
    assert part["poll"] == {"options": ["Aye", "=Nay"], "minutes": 120}
    [row] = csv.DictReader(io.StringIO(text("our-x", "csv"), newline=""))
    # The second option would be a formula if a line counted as a row.
    assert (row["poll"], row["poll_for"]) == ("Aye\n'=Nay", "120m")


def test_posts_beyond_the_horizon_are_noted(project: Path) -> None:
    say(project, entry("soon", FOUR), entry("far", FOUR, days=40))
    ran = run_cli("share-texts", "--account", "athena")
    assert ("ours/soon" in ran.out, "ours/far" in ran.out) == (True, False)
    head, line, how = ran.err.splitlines()
    assert head == "Not listed, because it is due beyond the horizon of 30 days:"
    assert line.startswith("  ours/far, ")
    assert how == "--all lists them too."
    ran = run_cli("share-texts", "--account", "athena", "--all")
    assert ("ours/far" in ran.out, ran.err) == (True, "")


# --- Who says what --------------------------------------------------------------------------------


def test_nobody_of_the_coalition_says_the_same(project: Path) -> None:
    say(project, entry("hart", FOUR))
    given = [rows(name)[0] for name in EVERYONE]
    assert len({row["parts"][0]["text"] for row in given}) == 4
    assert all(row["alone"] and row["notes"] == [] for row in given)
    assert {row["wording"] for row in given} == {"plain", "asks", "figure", "cloud"}


def test_accounts_get_the_wordings_of_the_queue(project: Path) -> None:
    say(project, entry("hart", FOUR))
    planned = json.loads(run_cli("plan", "--json").out)["posts"]
    for row in (change for one in planned for change in one["deliveries"]):
        [given] = rows(row["account"])
        assert (given["parts"][0]["text"], given["local"]) == (row["text"], row["local"])


def test_too_few_wordings_are_noted_plainly(project: Path) -> None:
    say(project, entry("hart", f"{BOTH}wordings: {{ plain: Take HART off AWS., asks: Why? }}"))
    shared = [rows(name)[0] for name in EVERYONE]
    assert [row["alone"] for row in shared] == [True, True, False, False]
    assert [len(row["parts"]) for row in shared] == [1, 1, 0, 0]
    assert shared[2]["like"] == ["our-x", "their-x"]
    [note] = shared[2]["notes"]
    assert note.startswith(
        "No wording is left for athena alone, as there are only 2 wordings for 4 accounts and "
        "partners. Write your own "
    )
    said = text("athena")
    assert "1 post, 1 of them without a wording of their own." in said
    assert "HART" not in said
    for form in ("csv", "md"):
        assert "Take HART off AWS" not in text("athena", form)


def test_one_text_is_everyones(project: Path) -> None:
    say(project, entry("hart", "text: Take HART off AWS."))
    [row] = rows("athena")
    assert (row["like"], row["parts"], row["alone"]) == (["our-x"], [], False)
    assert "only 1 wording for 3 accounts and partners" in row["notes"][0]


def test_an_account_need_not_differ_from_ours_on_other_networks(project: Path) -> None:
    more = "  our-mastodon: { platform: mastodon, handle: ours@social.example }\n"
    write_file(project / "config.yaml", CONFIG + more)
    everywhere = "accounts: [our-x, our-mastodon]\ntext: Take HART off AWS."
    say(project, entry("hart", everywhere), head=HEAD.replace("partners: [athena, fight]\n", ""))
    [row] = rows("our-mastodon")
    assert (row["alone"], row["like"], row["notes"]) == (True, [], [])
    say(project, entry("hart", everywhere))
    assert rows("our-mastodon")[0]["like"] == []
    assert rows("athena")[0]["like"] == ["our-x", "our-mastodon"]


@pytest.mark.parametrize("content", ["post", "account"])
@pytest.mark.parametrize("wordings", [4, 1])
def test_a_partner_gets_a_text_once_whatever_marks_its_links_have(
    project: Path, content: str, wordings: int
) -> None:
    more = "  our-mastodon: { platform: mastodon, handle: ours@social.example }\n"
    write_file(project / "config.yaml", CONFIG + more)
    link = "\nlink: https://example.org/a"
    text = f"text: Take HART off AWS.{link}"
    accounts = "accounts: [our-x, our-mastodon]\n"
    four = FOUR.replace(BOTH, accounts).rstrip() + link
    say(project, entry("hart", four if wordings > 1 else accounts + text))
    [without] = rows("athena")
    links = f"links: {{ pages: https://example.org/, content: {content} }}\n"
    say(project, entry("hart", four if wordings > 1 else accounts + text), head=HEAD + links)
    [row] = rows("athena")
    assert (row["wording"], row["like"]) == (without["wording"], without["like"])
    said = [part["text"].partition("utm_")[0].rstrip("?") for part in row["parts"]]
    assert said == [part["text"].partition("\n\n#")[0] for part in without["parts"]]


def test_a_partner_gets_each_text_of_a_post_that_differs_on_platforms(project: Path) -> None:
    more = "  our-mastodon: { platform: mastodon, handle: ours@social.example }\n"
    write_file(project / "config.yaml", CONFIG + more)
    lines = "accounts: [our-x, our-mastodon]\ntext: Why? https://example.org/a\n"
    own = "on: { x: 'Take it off AWS. https://example.org/a' }"
    links = "links: { pages: https://example.org/ }\n"
    say(project, entry("hart", f"{lines}{own}"), head=HEAD + links)
    assert [row["like"] for row in rows("athena")] == [["our-mastodon"], ["our-x"]]


def test_two_wordings_of_the_same_words_are_one(project: Path) -> None:
    alike = "wordings: { a: Same., b: Same., c: Same., d: Same. }"
    say(project, entry("hart", alike))
    [row] = rows("athena")
    assert (row["like"], row["parts"]) == (["our-x"], [])
    assert "only 1 wording for 3 accounts and partners" in row["notes"][0]


@given(wordings=st.integers(1, 9), ours=st.integers(1, 2), theirs=st.integers(0, 5))
def test_only_a_wording_that_nobody_else_uses_is_alone(
    wordings: int, ours: int, theirs: int
) -> None:
    one = replace(
        post(accounts=("ours", "partner")[:ours]),
        wordings=tuple(Wording(f"w{n}", text_content(f"Wording {n}.")) for n in range(wordings)),
    )
    partners = tuple(f"p{n}" for n in range(theirs))
    made = Campaign(
        "people", "People", "UTC", one.accounts, (), {}, {}, {}, (one,), partners=partners
    )
    everyone = (*one.accounts, *partners)
    planned = plan_occurrences([made], ACCOUNTS, NOW, NOW + timedelta(days=30))
    said = {name: shared_texts([made], planned, name)[0] for name in everyone}
    given = {name: each.wording.content.text for name, each in said.items() if each.wording}
    texts = [*given.values()]
    for name, each in said.items():
        assert name not in each.shared_with
        if name in given:
            assert (texts.count(given[name]) == 1) is (not each.shared_with)
    assert all(texts.count(given[name]) == 1 for name in partners if name in given)
    assert len(set(texts)) == min(wordings, len(everyone))


# --- Which posts ----------------------------------------------------------------------------------


def test_past_and_far_posts_come_with_all(project: Path) -> None:
    say(
        project,
        *(entry(name, "text: Hi.", days) for name, days in (("old", -900), ("far", 800))),
        entry("soon", "text: Hello."),
    )
    assert [row["post"] for row in rows("athena")] == ["soon"]
    assert [row["post"] for row in rows("athena", "--all")] == ["old", "soon", "far"]


def test_recurring_post_comes_with_each_of_its_dates(project: Path) -> None:
    every = "  - id: daily\n    when: { every: day, at: '09:00' }\n    text: Every day.\n"
    say(project, every)
    given = rows("athena")
    assert len(given) >= 29
    assert len({row["local"] for row in given}) == len(given)


def test_partner_shares_at_the_slot_that_the_account_takes(project: Path) -> None:
    slotted = CONFIG.replace("our_name", "our_name, slots: [day 09:00]")
    write_file(project / "config.yaml", slotted)
    posts = [
        f"  - {{ id: {name}, accounts: [our-x], when: {{ slot: next }}, text: {name}. }}\n"
        for name in "ab"
    ]
    say(project, *posts)
    planned = {row["post"]: row for row in json.loads(run_cli("plan", "--json").out)["posts"]}
    shared = {row["post"]: row for row in rows("athena")}
    assert [shared[name]["local"] for name in "ab"] == [planned[name]["local"] for name in "ab"]
    with create_app(load(project / "config.yaml", {}), {}) as app:
        app.queue_sync.refresh()
        app.queue.drop(app.queue.all()[0], "Ana", app.clock.now())
    moved = {row["post"]: row["local"] for row in rows("athena")}
    assert moved == {"b": planned["a"]["local"]}  # as the plan has it now


def test_account_has_only_its_own_posts_and_a_partner_has_all(project: Path) -> None:
    say(project, entry("a", "text: A."), entry("b", "accounts: [their-x]\ntext: B."))
    assert [row["post"] for row in rows("their-x")] == ["b"]
    assert sorted(row["post"] for row in rows("athena")) == ["a", "b"]


def test_one_campaign_only(project: Path) -> None:
    say(project, entry("a", "text: A."))
    other = HEAD.replace("campaign: ours", "campaign: other")
    write_file(project / "posts" / "other.yaml", f"{other}posts:\n{entry('b', 'text: B.')}")
    assert len(rows("athena")) == 2
    assert [row["post"] for row in rows("athena", "--campaign", "other")] == ["b"]


def test_embargo_and_facts_due_for_review_are_shown(project: Path) -> None:
    day = (Clock().now() + timedelta(days=1)).date()
    late = (Clock().now() + timedelta(days=9)).date()
    head = HEAD.replace("    as_of: 2026-07-18", f"    as_of: 2026-07-18\n    review_by: {day}")
    say(project, entry("a", FOUR), head=f"{head}embargo: {late} 09:00\n")
    [row] = rows("athena")
    assert row["notes"][0].startswith("Embargo: not before ")
    assert row["notes"][1].startswith("A fact in it is due for review from ")


def test_partner_is_warned_if_texts_need_approval(project: Path) -> None:
    say(project, entry("a", FOUR), head=f"{HEAD}require_approval: 1\n")
    assert "Have somebody read these texts" in (run_cli("share-texts", "--account", "athena").err)
    assert run_cli("share-texts", "--account", "our-x").err == ""


# --- How it is written ----------------------------------------------------------------------------


def picture(project: Path) -> str:
    (project / "posts").mkdir(exist_ok=True)
    Image.new("RGB", (40, 30), "navy").save(project / "posts" / "hart.png")
    return 'media: [{ file: hart.png, alt: "A card: HART costs $6 billion." }]'


def test_text_to_copy_stands_by_itself(project: Path) -> None:
    say(project, entry("a", f"text: |\n  Line one.\n\n  Line two.\n{picture(project)}"))
    lines = text("our-x").splitlines()
    begin, end = (index for index, line in enumerate(lines) if line == "-" * 32)
    assert lines[begin + 1 : end] == ["Line one.", "", "Line two.", "", "#NoTechForIce"]
    assert f"Picture: {project / 'posts' / 'hart.png'}" in lines
    assert "Its alt text: A card: HART costs $6 billion." in lines
    assert lines[0].endswith("  ours/a on x")
    assert lines[end + 1] == "35 of 280 characters on x"


def test_thread_has_each_part_by_itself(project: Path) -> None:
    say(project, entry("a", "thread: [One., Two.]"))
    given = text("our-x")
    assert "part 1 of 2\nOne.\n\n#NoTechForIce\n---" in given
    assert "part 2 of 2\nTwo.\n---" in given


def test_markdown_fences_the_text_whatever_stands_in_it(project: Path) -> None:
    say(project, entry("a", f"text: 'Say ```this``` aloud'\n{picture(project)}"))
    given = text("our-x", "md")
    assert "\n````text\nSay ```this``` aloud\n\n#NoTechForIce\n````\n" in given
    assert "- Its alt text: A card: HART costs $6 billion." in given


def test_csv_has_a_line_for_each_part_and_no_formula(project: Path) -> None:
    say(project, entry("a", f"thread:\n  - text: '=1+1'\n    {picture(project)}\n  - Two."))
    given = list(csv.DictReader(io.StringIO(text("our-x", "csv"), newline="")))
    assert [(row["part"], row["text"]) for row in given] == [
        ("1", "'=1+1\n\n#NoTechForIce"),
        ("2", "Two."),
    ]
    assert given[0]["alt"] == "A card: HART costs $6 billion."
    assert given[0]["alone"] == "yes"


def test_no_posts_for_a_speaker_are_noted(project: Path) -> None:
    say(project, entry("a", "text: A.", -3))
    assert text("athena").startswith("No posts for athena. --all also lists")
    assert rows("athena") == []


@pytest.mark.parametrize(
    ("args", "words"),
    [
        (
            ["--account", "athene"],
            'Q602 No campaign has an account or a partner named athene. Did you mean "athena"?',
        ),
        (["--account", "athena", "--campaign", "our"], 'Q601 There is no campaign "our".'),
    ],
)
def test_wrong_name_is_shown(project: Path, args: list[str], words: str) -> None:
    say(project, entry("a", "text: A."))
    ran = run_cli("share-texts", *args)
    assert (ran.code, ran.out) == (1, "")
    assert words in ran.err


MISTAKES = {
    "acount": "text: A.\nacount: x",
    "X701": f"wordings:\n  short: A.\n  long: {'too long ' * 40}",  # whoever would be given it
}


@pytest.mark.parametrize("code", MISTAKES)
def test_files_with_mistakes_are_not_handed_out(project: Path, code: str) -> None:
    say(project, entry("a", f"{MISTAKES[code]}\naccounts: [our-x]"))
    ran = run_cli("share-texts", "--account", "athena")
    assert (ran.code, ran.out) == (1, "")
    assert code in ran.err


def test_wrong_usage_ends_with_2_and_no_database_is_made(project: Path) -> None:
    say(project, entry("a", "text: A."))
    assert run_cli("share-texts").code == 2
    assert run_cli("share-texts", "--account", "athena", "--format", "pdf").code == 2
    assert text("athena")
    assert not list(project.glob("*.db"))


def test_a_partner_has_each_networks_text_with_its_name(project: Path) -> None:
    write_file(
        project / "config.yaml", f"{CONFIG}  ours: {{platform: mastodon, handle: a@b.example}}\n"
    )
    mentions = "mentions: {ally: {x: ally_x, mastodon: ally@social.example}}\nposts:\n"
    file = project / "posts" / "ours.yaml"
    texts = "a: 'Take it off AWS, @ally', b: 'Why is it there, @ally', c: 'Not here, @ally'"
    say(project, entry("hart", f"accounts: [our-x, ours]\nwordings: {{ {texts} }}\n"))
    file.write_text(file.read_text().replace("posts:\n", mentions))
    shared = rows("athena")
    given = {", ".join(row["platforms"]): row["parts"][0]["text"].split("\n")[0] for row in shared}
    assert {name: text.rpartition(" ")[2] for name, text in given.items()} == {
        "x": "@ally_x",
        "mastodon": "@ally@social.example",
    }
    assert ") on mastodon" in text("athena")
    assert [row["platforms"] for row in rows("our-x")] == [["x"]]


def test_a_text_that_networks_share_names_each_with_its_length_there(project: Path) -> None:
    servers = "  ours: {platform: mastodon, handle: a@b.example, mastodon: {characters: 5000}}\n"
    write_file(project / "config.yaml", CONFIG + servers)
    two = "wordings: { a: See https://a.org, b: Now https://b.org, c: Who https://c.org }"
    say(project, entry("hart", f"accounts: [our-x, ours]\nhashtags: []\n{two}"))
    [row] = rows("athena")
    assert row["platforms"] == ["x", "mastodon"]
    lengths = row["parts"][0]["lengths"]
    assert lengths["mastodon"] == {"length": 27, "limit": 500}, "a partner has a server of its own"
    assert lengths["x"] == {"length": 27, "limit": 280}
    line = "27 of 280 characters on x, 27 of 500 characters on mastodon"
    assert f"\n{line}\n" in text("athena")
    assert f"\n- {line}" in text("athena", "md")
    [given] = csv.DictReader(io.StringIO(text("athena", "csv"), newline=""))
    assert (given["platforms"], given["length"]) == ("x, mastodon", line)
    [ours] = rows("ours")
    assert ours["parts"][0]["lengths"] == {"mastodon": {"length": 27, "limit": 5000}}
