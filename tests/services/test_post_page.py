"""Everything about one post at one moment, as far as a person may see it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import save_picture
from helpers.clock import ManualClock
from helpers.databases import make_config
from helpers.post_pages import HEAD, THREE, add_accounts, write_broken, write_posts
from helpers.store import LATER, NOW, occurrence

from bot.model import Account, PostKey, Role, State, User
from bot.model.people import EVERYTHING, Scope
from bot.planning.diff import Add
from bot.runtime.app import create_app
from bot.runtime.checked_files import CheckedFiles
from bot.services import approving
from bot.services.calendar import CalendarRequest, read_calendar
from bot.services.concealing import CONCEALED
from bot.services.dropping import drop_posts
from bot.services.pausing import pause_now
from bot.services.post_page import (
    FILES_BEING_READ,
    FILES_BROKEN,
    NOT_READ_YET,
    find_moment,
    find_number,
    show_page,
)
from bot.services.posts import find_posts, show_posts

if TYPE_CHECKING:
    from pathlib import Path

    from helpers.run import SandboxProject

    from bot.services.views_post_page import PostPage

pytest_plugins = ["helpers.run"]

WORDS = "Come to the hearing at the county hall."
ONLY_X = Scope(frozenset({"our-x"}), None)


@pytest.fixture
def three(ours: SandboxProject) -> SandboxProject:
    """A project with an account on each network."""
    add_accounts(ours)
    return ours


def reader(scope: Scope = EVERYTHING) -> User:
    return User(1, "Ben", Role.APPROVE, scope)


def page_of(
    ours: SandboxProject, post: str = "hearing", label: str = "once", scope: Scope = EVERYTHING
) -> PostPage:
    with ours.app() as app:
        page = show_page(app, PostKey("ours", post, label), reader(scope))
        assert page is not None
        return page


def hearing(ours: SandboxProject, text: str = WORDS, more: str = "", minutes: float = 30) -> str:
    return ours.post("hearing", text, more=more, minutes=minutes)


def approve(ours: SandboxProject, who: str, name: str = "ours/hearing") -> None:
    with ours.app() as app:
        assert approving.approve_named(app, [name], who).posts


# --- As it will look ------------------------------------------------------------------------------


def test_accounts_that_say_the_same_share_a_version_with_each_count(three: SandboxProject) -> None:
    write_posts(three, hearing(three))
    [version] = page_of(three).versions

    assert version.on == "Bluesky, Mastodon and X"
    assert [place.account for place in version.places] == ["our-sky", "our-masto", "our-x"]
    [shown] = version.parts
    assert shown.part.text == WORDS
    assert shown.part.length == (
        "39 of 300 characters on Bluesky, 39 of 500 on Mastodon, 39 of 280 on X"
    )
    assert (version.differs, shown.no_card) == ((), "")


def test_another_text_is_a_version_of_its_own_with_its_differences(three: SandboxProject) -> None:
    more = "on: { bluesky: { text: Come to the hearing at the city hall. } }"
    write_posts(three, hearing(three, more=more))
    first, second = page_of(three).versions

    assert (first.on, second.on) == ("Bluesky", "Mastodon and X")
    assert [change.words for change in second.differs] == [
        "text: Come to the hearing at the [-city-]{+county+} hall."
    ]


def test_a_picture_has_its_digest_alt_text_and_crop(three: SandboxProject) -> None:
    save_picture(three.folder / "posts" / "media" / "hall.png", (800, 1000))
    more = "media:\n  - { file: media/hall.png, alt: The county hall., focus: [0.0, 0.5] }"
    write_posts(three, hearing(three, more=more))
    page = page_of(three)
    [shown] = page.versions[0].parts
    [item], [attached] = shown.part.media, shown.attached

    assert (item.alt, item.focus, item.path) == ("The county hall.", (0.0, 0.5), attached.path)
    assert (len(attached.digest), attached.is_film) == (64, False)
    assert attached.delivery in {place.delivery.number for place in page.versions[0].places}  # type: ignore[attr-defined]
    crop = attached.crop
    assert crop is not None
    assert (crop.x, crop.crop_width, crop.crop_height) == (0, 800, 450)
    assert crop.y == round((1000 - 450) * 0.25)  # nearer to the upper side


def test_warning_language_labels_and_poll_are_shown(three: SandboxProject) -> None:
    poll = "poll: { options: [Yes, No], minutes: 60 }\nlanguage: en\n"
    more = poll + "on: { bluesky: { text: Say yes or no., poll: none } }"
    write_posts(three, hearing(three, more=more))
    _, first = page_of(three).versions

    assert first.language == "en"
    assert first.parts[0].part.poll is not None
    assert first.parts[0].part.poll.options == ("Yes", "No")


# --- Where it comes from --------------------------------------------------------------------------


def test_place_facts_statements_demand_and_price_are_shown(three: SandboxProject) -> None:
    text = "The city pays for {{ fact.contract.figure }}."
    more = "demand: end-it\nstatements: [mayor]"
    write_posts(three, ours_first(three), hearing(three, text, more=more))
    page = page_of(three)

    line = len(HEAD.splitlines()) + 5
    assert {place.source for place in page.versions[0].places} == {f"posts/ours.yaml:{line}"}
    [fact], [said] = page.facts, page.statements
    assert (fact.figure, fact.source, fact.as_of) == (
        "300 cameras",
        "https://city.example/contract",
        "2026-03",
    )
    assert (said.speaker, said.exact) == ("Dana Reyes", False)
    assert (page.demand, page.title) == ("End the camera contract", "Our campaign")
    with three.app() as app:
        [shown] = show_posts(app, ["ours/hearing"])
    assert page.price == shown.post.price


def ours_first(ours: SandboxProject) -> str:
    return ours.post("first", "THIS IS SHOUTED AT EVERYBODY HERE.", minutes=25)


def test_only_the_problems_of_this_post_and_its_sources_are_shown(three: SandboxProject) -> None:
    write_posts(three, ours_first(three), hearing(three), three.post("last", minutes=35))

    assert [problem.code for problem in page_of(three, "first").problems] != []
    assert {problem.file for problem in page_of(three, "first").problems} == {"posts/ours.yaml"}
    assert page_of(three).problems == ()


def test_a_broken_file_still_shows_the_queued_post_and_the_mistake(three: SandboxProject) -> None:
    write_posts(three, hearing(three))
    write_broken(three)
    page = page_of(three)

    assert page.versions[0].parts[0].part.text == WORDS
    assert [problem.level for problem in page.problems] == ["error"]
    assert "no longer in the campaign files" in page.notes[0]
    assert page.versions[0].places[0].source == ""
    assert page.title == "ours"


def test_a_limited_person_learns_of_the_mistake_but_not_what_it_says(
    three: SandboxProject,
) -> None:
    write_posts(three, hearing(three))
    write_broken(three)
    page = page_of(three, scope=ONLY_X)

    assert page.problems == ()
    assert FILES_BROKEN in page.notes


def test_a_page_shows_the_queued_post_while_the_files_are_still_read(
    three: SandboxProject, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_posts(three, hearing(three))
    monkeypatch.setattr(CheckedFiles, "read_soon", lambda _: None)
    page = page_of(three)

    assert page.notes == (FILES_BEING_READ,)
    assert page.versions[0].parts[0].part.text == WORDS
    assert len(page.waiting) == 1


def test_a_changed_file_is_noted_until_the_loop_has_read_it(three: SandboxProject) -> None:
    write_posts(three, hearing(three))
    three.write_campaign(hearing(three, "Come to the city hall."), head=HEAD)
    page = page_of(three)

    assert page.versions[0].parts[0].part.text == WORDS
    assert any("The files now say something else" in note for note in page.notes)


# --- Why it waits, and who decided ----------------------------------------------------------------


def test_the_state_is_in_the_same_words_as_in_queue_show(three: SandboxProject) -> None:
    write_posts(three, hearing(three))
    approve(three, "Ana")
    with three.app() as app:
        pause_now(app, "account", "our-sky", "a funeral", "Kim")
        [shown] = show_posts(app, ["ours/hearing"])
    page = page_of(three)

    assert page.summary == shown.post.summary
    assert "a funeral" in page.summary
    assert {place.account: place.why for place in page.versions[0].places} == {
        delivery.account: delivery.why for delivery in shown.post.deliveries
    }


def test_an_approval_is_shown_and_an_edit_asks_again_with_the_changed_words(
    three: SandboxProject,
) -> None:
    write_posts(three, hearing(three))
    assert len(page_of(three).waiting) == 1
    approve(three, "Ana")
    page = page_of(three)
    assert (page.waiting, [(given.who, given.on) for given in page.approvals]) == (
        (),
        [("Ana", "")],
    )
    write_posts(three, hearing(three, "Come to the hearing at the city hall."))
    page = page_of(three)

    assert page.approvals == ()
    [waiting] = page.waiting
    assert {change.words for account in waiting.view.accounts for change in account.changes} == {
        "text: Come to the hearing at the [-county-]{+city+} hall."
    }
    assert {account.before.who for account in waiting.view.accounts if account.before} == {"Ana"}


def test_an_approval_on_some_accounts_names_them(three: SandboxProject) -> None:
    write_posts(three, hearing(three))
    with three.app() as app:
        assert approving.approve_named(app, ["ours/hearing"], "Ana", ["our-x"]).posts
    page = page_of(three)

    assert [(given.who, given.on) for given in page.approvals] == [("Ana", "X")]
    assert [account.account for account in page.waiting[0].view.accounts] == [
        "our-sky",
        "our-masto",
    ]


def test_the_shown_name_approves_exactly_the_shown_moment(three: SandboxProject) -> None:
    write_posts(three, every_day(three))
    first, second = moments(three)[:2]
    [waiting] = page_of(three, label=second).waiting
    with three.app() as app:
        decided = approving.approve_named(app, [waiting.view.name], "Ana")

    assert decided.problems == ()
    assert page_of(three, label=second).waiting == ()
    assert page_of(three, label=first).waiting == ()  # the approval is for all of its times


def test_a_decision_about_words_that_the_page_does_not_show_is_made_elsewhere(
    three: SandboxProject,
) -> None:
    """Each account takes the wordings of a recurring post in an order of its own."""
    lines = (
        "id: hearing",
        'when: { every: day, at: "09:00" }',
        "accounts: [our-sky, our-masto]",
        "wordings:",
        "  ask: Ask your council member today.",
        "  call: Call the city hall this week.",
        "  write: Write to the mayor tomorrow.",
    )
    write_posts(three, "  - " + "\n    ".join(lines) + "\n")
    pages = [page_of(three, label=label) for label in moments(three)[:6]]

    for page in pages:
        shown = {(of.account, of.delivery.text) for v in page.versions for of in v.places}
        accounts = [of for card in page.waiting for of in card.view.accounts]
        decided = {(of.account, of.delivery.text) for of in accounts}
        assert decided <= shown
        assert page.decided_elsewhere == (decided != shown)
    assert any(page.decided_elsewhere for page in pages)


def test_the_history_is_of_this_post_only(three: SandboxProject) -> None:
    write_posts(three, hearing(three), three.post("other", minutes=40))
    approve(three, "Ana")
    approve(three, "Ben", "ours/other")
    with three.app() as app:
        drop_posts(app, find_posts(app, ["ours/hearing"], ["our-x"]), "Kim")
    page = page_of(three)

    assert [(row.who, row.what, row.subject) for row in page.history] == [
        ("Ana", "approve", ""),
        ("Kim", "drop", "X"),
    ]


# --- Once it is out -------------------------------------------------------------------------------


def test_a_post_that_is_out_has_its_address_figures_and_attempt(ours: SandboxProject) -> None:
    ours.take_in(hearing(ours, minutes=1))
    with ours.started_app() as app:
        ours.drive(app, minutes=12)
    page = page_of(ours)
    [place] = page.versions[0].places
    [out] = place.published

    assert (page.word, place.word) == ("out", "out")
    assert out.url.startswith(ours.url)
    assert dict(out.counts)["Likes"].replace(",", "").isdigit()
    assert out.read
    [attempt] = page.attempts
    assert (attempt.outcome, attempt.part) == ("published", 1)
    assert WORDS in attempt.sent


def test_a_thread_that_is_out_has_its_figures_together(ours: SandboxProject) -> None:
    ours.take_in(hearing(ours, more="thread:\n  - text: One.\n  - text: Two.", minutes=1))
    with ours.started_app() as app:
        ours.drive(app, minutes=12)
    [place] = page_of(ours).versions[0].places

    assert [part.number for part in place.published] == [1, 2]
    total = sum(int(dict(part.counts)["Likes"].replace(",", "")) for part in place.published)
    assert dict(place.totals)["Likes"] == f"{total:,}"


# --- Which post -----------------------------------------------------------------------------------


def every_day(ours: SandboxProject) -> str:
    text = "Ask your council member today."
    return f'  - id: hearing\n    when: {{ every: day, at: "09:00" }}\n    text: {text}\n'


def moments(ours: SandboxProject) -> list[str]:
    with ours.app() as app:
        return sorted({of.label for of in app.queue.all() if of.state is State.SCHEDULED})


def test_a_recurring_post_leads_to_its_other_moments(three: SandboxProject) -> None:
    write_posts(three, every_day(three))
    labels = moments(three)
    page = page_of(three, label=labels[1])

    assert page.earlier is not None
    assert page.later is not None
    assert (page.earlier.label, page.later.label) == (labels[0], labels[2])
    assert page.name == f"ours/hearing@{labels[1][:10]}"
    assert page.frequency == "7 times a week"
    last = page_of(three, label=labels[-1])
    assert (last.later, last.earlier and last.earlier.label) == (None, labels[-2])


def test_without_a_moment_the_next_one_is_meant(three: SandboxProject) -> None:
    write_posts(three, every_day(three))
    with three.app() as app:
        assert find_moment(app, "ours", "hearing") == moments(three)[0]
        assert find_moment(app, "ours", "nothing") is None


def test_a_number_leads_to_its_post_unless_it_is_hidden(three: SandboxProject) -> None:
    write_posts(three, hearing(three))
    numbers = {
        place.account: str(place.delivery.number)  # type: ignore[attr-defined]
        for place in page_of(three).versions[0].places
    }
    with three.app() as app:
        for number in numbers.values():
            assert find_number(app, number) == PostKey("ours", "hearing", "once")
        assert find_number(app, numbers["our-x"], ONLY_X) is not None
        assert find_number(app, numbers["our-sky"], ONLY_X) is None
        for wrong in ("0", "99999", "9" * 40, "-1", "²", "once", ""):
            assert find_number(app, wrong) is None


def test_a_post_beyond_the_horizon_is_shown_as_planned(three: SandboxProject) -> None:
    write_posts(three, hearing(three, minutes=60 * 24 * 60))
    page = page_of(three)

    assert (page.word, page.number, page.history, page.waiting) == ("planned", None, (), ())
    assert page.versions[0].parts[0].part.text == WORDS
    assert page.name == "ours/hearing"
    assert "beyond the horizon of 30 days" in page.notes[0]
    assert page.versions[0].places[0].source.startswith("posts/ours.yaml:")


def test_a_moment_beyond_the_horizon_is_shown_as_planned(three: SandboxProject) -> None:
    write_posts(three, every_day(three))
    day = datetime.now(UTC) + timedelta(days=45)
    page = page_of(three, label=f"{day:%Y-%m-%d}T09:00")

    assert (page.word, page.name) == ("planned", f"ours/hearing@{day:%Y-%m-%d}")


def test_a_post_that_the_loop_has_not_read_is_shown_as_planned(three: SandboxProject) -> None:
    three.write_campaign(hearing(three), head=HEAD)

    assert page_of(three).notes == (NOT_READ_YET,)


@pytest.mark.parametrize(
    "key",
    [
        PostKey("ours", "hearing", "often"),
        PostKey("ours", "nothing", "once"),
        PostKey("theirs", "hearing", "once"),
        PostKey("ours", "daily", "2026-13-40T09:00"),
        PostKey("ours", "daily", "9999-12-31T09:00"),
        PostKey("ours", "daily", "2099-01-01T09:01"),
        PostKey("", "", ""),
    ],
)
def test_an_unknown_post_has_no_page(three: SandboxProject, key: PostKey) -> None:
    daily = every_day(three).replace("hearing", "daily")
    write_posts(three, hearing(three), daily)
    with three.app() as app:
        assert show_page(app, key, reader()) is None


# --- What a person may not see --------------------------------------------------------------------


def test_accounts_outside_the_scope_are_nowhere_on_the_page(three: SandboxProject) -> None:
    more = "on: { bluesky: { text: Only the blue sky hears this. } }"
    write_posts(three, hearing(three, more=more))
    approve(three, "Ana")
    with three.app() as app:
        drop_posts(app, find_posts(app, ["ours/hearing"], ["our-sky"]), "Kim")
    page = page_of(three, scope=ONLY_X)

    assert [place.account for version in page.versions for place in version.places] == ["our-x"]
    for hidden in ("our-sky", "our-masto", "Bluesky", "Mastodon", "Kim", "blue sky"):
        assert hidden not in repr(page)
    assert [(row.who, row.what) for row in page.history] == [("Ana", "approve")]


@pytest.mark.parametrize(
    "scope", [Scope(None, frozenset({"theirs"})), Scope(frozenset({"our-tv"}), None)]
)
def test_a_post_of_which_nothing_is_left_does_not_exist(
    three: SandboxProject, scope: Scope
) -> None:
    write_posts(three, hearing(three), three.post("later", minutes=60 * 24 * 60))
    with three.app() as app:
        assert show_page(app, PostKey("ours", "hearing", "once"), reader(scope)) is None
        assert show_page(app, PostKey("ours", "later", "once"), reader(scope)) is None
        assert find_moment(app, "ours", "hearing", scope) is None


def test_a_reason_that_names_a_hidden_post_is_concealed(ours: SandboxProject) -> None:
    """A second account may not say what the first has said, and only some may know of the first."""
    two = "  our-tv: { platform: x, handle: our_tv }\n"
    ours.configure("campaigns: posts\n", f"{two}campaigns: posts\n")
    head = "campaign: theirs\ntitle: Theirs\ntimezone: UTC\naccounts: [our-x]\n"
    ours.write_campaign(ours.post("first", WORDS, minutes=1), name="theirs", head=head)
    ours.take_in()
    with ours.started_app() as app:
        ours.drive(app, minutes=3)
    (ours.folder / "posts" / "theirs.yaml").unlink()
    mine = head.replace("theirs", "ours").replace("our-x", "our-tv")
    ours.take_in(hearing(ours), head=mine)

    everything = page_of(ours)
    assert "theirs/first" in everything.summary
    for scope in (Scope(frozenset({"our-tv"}), None), Scope(None, frozenset({"ours"}))):
        page = page_of(ours, scope=scope)
        assert CONCEALED in page.summary
        assert "theirs" not in repr(page)
        with ours.app() as app:
            asked = CalendarRequest("day", everything.due.date())
            shown = read_calendar(app, asked, scope=scope)
        assert CONCEALED in repr(shown)
        assert "theirs" not in repr(shown).replace(repr(shown.choices), "")
    assert THREE[0] not in repr(everything)


def test_either_database_has_all_that_a_page_needs(url: str, tmp_path: Path) -> None:
    account = Account("mj", "x", "mediajustice", "http://127.0.0.1:9", require_approval=1)
    config = make_config(tmp_path, {"mj": account}, url)
    key = PostKey("people", "hart", "once")
    with create_app(config, {}, clock=ManualClock()) as app:
        app.queue.apply([Add(occurrence("hart", due=LATER))], NOW)
        page = show_page(app, key, reader())
        assert page
        [waiting] = page.waiting
        approving.approve_named(app, [waiting.view.name], "Ana")
        page = show_page(app, key, reader(Scope(None, frozenset({"people"}))))
        assert page
        assert find_moment(app, "people", "hart") == "once"
        assert show_page(app, key, reader(Scope(None, frozenset({"others"})))) is None

    assert (page.word, page.waiting) == ("scheduled", ())
    assert [given.who for given in page.approvals] == ["Ana"]
    assert [(row.who, row.what) for row in page.history] == [("Ana", "approve")]
