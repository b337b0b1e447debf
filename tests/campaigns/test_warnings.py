"""Content warnings, labels and languages of a post on each platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import check_on_three, post_problem, save_picture

if TYPE_CHECKING:
    from pathlib import Path

    from bot.checking import CheckResult


def settings(found: CheckResult) -> dict[str, tuple[str | None, str | None]]:
    """Return the warning and the language on each platform."""
    return {
        name: (post.wordings[0].content.warning, post.wordings[0].content.language)
        for post in found.posts
        for name in post.accounts
    }


def test_a_warning_is_an_error_on_platforms_without_warnings(tmp_path: Path) -> None:
    lines = ["warning: Police violence", "text: They were filmed"]
    found = check_on_three(tmp_path, *lines)
    assert sorted(problem.code for problem in found.errors) == ["K715", "X720"]
    allow = [f"# groundswell: allow {code} the text says it" for code in ("X720", "K715")]
    found = check_on_three(tmp_path, *lines, *allow)
    assert found.errors == ()
    assert {problem.code for problem, _ in found.allowed} == {"K715", "X720"}
    assert set(settings(found).values()) == {("Police violence", None)}


def test_a_platform_without_warnings_may_have_a_text_of_its_own(tmp_path: Path) -> None:
    own = "{text: 'Police violence: they were filmed', warning: none}"
    found = check_on_three(
        tmp_path,
        "warning: Police violence",
        "text: They were filmed",
        f"on: {{x: {own}, bluesky: {own}}}",
    )
    assert found.errors == ()
    warnings = {name: warning for name, (warning, _) in settings(found).items()}
    assert warnings == {"x": None, "mastodon": "Police violence", "bluesky": None}


@pytest.mark.parametrize(
    ("post", "header", "wanted"),
    [
        ([], "", None),
        ([], "language: en\n", "en"),
        (["language: NL"], "language: en\n", "nl"),
        (["language: pt-BR"], "", "pt-BR"),
    ],
)
def test_a_post_has_its_campaigns_language_or_its_own(
    tmp_path: Path, post: list[str], header: str, wanted: str | None
) -> None:
    found = check_on_three(tmp_path, "text: Hello", *post, header=header)
    assert found.errors == ()
    assert {language for _, language in settings(found).values()} == {wanted}
    assert len(found.posts) == 1


def test_a_text_of_one_platform_may_be_in_another_language(tmp_path: Path) -> None:
    lines = ["text: Hello", "language: en", "on: {mastodon: {text: Hallo, language: de}}"]
    languages = {
        name: language for name, (_, language) in settings(check_on_three(tmp_path, *lines)).items()
    }
    assert languages == {"x": "en", "mastodon": "de", "bluesky": "en"}


PICTURE = "media: [{file: a.png, alt: 'Three officers hold a man down'}]"


def test_pictures_are_labelled_in_the_words_of_bluesky(tmp_path: Path) -> None:
    save_picture(tmp_path / "a.png")
    lines = ["warning: Police violence", "text: They were filmed", PICTURE]
    found = check_on_three(tmp_path, *lines, "labels: [graphic-media]")
    assert [problem.code for problem in found.errors] == ["X720"], "on Bluesky it is covered"
    [post] = found.posts
    assert post.wordings[0].content.labels == ("graphic-media",)
    found = check_on_three(tmp_path, "text: They were filmed", PICTURE, "labels: [graphic-media]")
    [problem] = found.errors
    assert problem.code == "X720"
    assert "X covers no pictures, whatever labels the post has." in str(problem)
    on = "on: {x: {text: They were filmed, media: [], labels: []}}"
    lines = ["text: They were filmed", PICTURE, "labels: [graphic-media]", on]
    assert check_on_three(tmp_path, *lines).errors == ()


def test_labels_that_cover_nothing_are_found(tmp_path: Path) -> None:
    lines = ["text: They were filmed", "accounts: [bluesky]", "labels: [nudity]"]
    found = check_on_three(tmp_path, *lines)
    assert [item.code for item in found.problems if item.code.startswith("K")] == ["K718"]
    found = check_on_three(tmp_path, "warning: Violence", *lines)
    assert [problem.code for problem in found.errors] == ["K715"]


def test_only_labels_that_bluesky_knows_are_accepted(tmp_path: Path) -> None:
    problem = post_problem(tmp_path, "text: Hello", "labels: [violence]")
    assert "C205" in problem
    assert "It can be 'sexual', 'nudity', 'porn' or 'graphic-media'." in problem


def test_a_warning_counts_when_a_long_text_is_cut(tmp_path: Path) -> None:
    text = "One of the contracts must end. " * 16  # 495 characters
    own = "{text: Short, warning: none}"
    lines = [f"text: {text}", "long: thread", f"on: {{x: {own}, bluesky: {own}}}"]
    counts = []
    for warning in ([], ["warning: Police violence"]):
        found = check_on_three(tmp_path, *lines, *warning)
        assert found.errors == ()
        counts.append(max(len(post.wordings[0].content.parts) for post in found.posts))
    assert counts == [1, 2]


def test_a_platform_without_polls_may_ask_without_one(tmp_path: Path) -> None:
    lines = ("text: Well?", "poll: {options: ['Yes', 'No'], hours: 1}")
    assert [problem.code for problem in check_on_three(tmp_path, *lines).errors] == ["K709"]
    for own in ("{text: Well? Tell us., poll: none}", "{wordings: {a: Well?}, poll: none}"):
        found = check_on_three(tmp_path, *lines, f"on: {{bluesky: {own}}}")
        assert found.errors == ()
        asking = [post for post in found.posts if post.wordings[0].content.parts[0].poll]
        assert {name for post in asking for name in post.accounts} == {"x", "mastodon"}


def test_a_hidden_character_in_a_warning_is_found(tmp_path: Path) -> None:
    found = check_on_three(
        tmp_path, "text: Hello", 'warning: "Vio\\u200blence"', "accounts: [mastodon]"
    )
    assert [problem.code for problem in found.problems if problem.code == "L807"] == ["L807"]


@pytest.mark.parametrize("language", ["English", "e", "en_US", "12", "zz", "jp", "xyz"])
def test_a_language_is_written_by_its_tag(tmp_path: Path, language: str) -> None:
    problem = post_problem(tmp_path, "text: Hello", f"language: {language}")
    assert "C204" in problem
    assert "is not a language. Write its tag, as en or pt-BR." in problem


def test_a_longer_tag_of_a_language_is_unknown_to_mastodon(tmp_path: Path) -> None:
    problem = post_problem(tmp_path, "text: Hello", "language: eng")
    assert '"eng" is not a language. Write en, which is its tag.' in problem


@pytest.mark.parametrize("language", ["no", "tl", "yue", "haw", "zh-Hant", "es-419", "sr-Latn-RS"])
def test_any_language_may_be_named(tmp_path: Path, language: str) -> None:
    found = check_on_three(tmp_path, "text: Hello", f"language: {language}")
    assert {spoken for _, spoken in settings(found).values()} == {language}
