"""A build gives the same bytes for the same files, and touches no file but its own."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from helpers.campaigns import save_picture
from helpers.cli import run_cli_process, write_file
from helpers.sharing import SHARE, share_campaign, share_yaml
from PIL import Image, PngImagePlugin

from bot.errors import UserError
from bot.share.build import build_folder
from bot.share.filling import fill_campaign
from bot.share.listed import LIST, read_lists

if TYPE_CHECKING:
    from bot.share.build import BuildResult
    from bot.share.filled import FilledCampaign

DAY = date(2026, 11, 30)
PICTURES = "  pictures: [{file: bird.png, alt: A bird}]\n  wordings:\n"
WITH_PICTURE = SHARE.replace("  wordings:\n", PICTURES, 1)
WITHOUT_SPANISH = WITH_PICTURE[: WITH_PICTURE.index("  languages:")]
REDIRECTS = SHARE.replace("  intro: A page", "  redirects: true\n  intro: A page")


def filled(folder: Path, share: str = WITH_PICTURE) -> FilledCampaign:
    save_picture(folder / "bird.png")
    return fill_campaign(share_campaign(folder, share), DAY)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return tmp_path / "source"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "public"


def build(source: Path, out: Path, share: str = WITH_PICTURE) -> BuildResult:
    return build_folder(out, [filled(source, share)])


def content(out: Path) -> dict[str, bytes]:
    """Return the bytes of each file below the folder."""
    return {
        str(path.relative_to(out)): path.read_bytes() for path in out.rglob("*") if path.is_file()
    }


def problems(error: pytest.ExceptionInfo[UserError], out: Path) -> list[str]:
    return [
        f"{Path(problem.file).relative_to(out)}: {problem.code} {problem.message}"
        for problem in error.value.problems
    ]


# --- The files ------------------------------------------------------------------------------------


def test_a_folder_has_a_page_for_each_language_and_a_list_of_its_files(
    source: Path, out: Path
) -> None:
    result = build(source, out)
    found = content(out)
    [picture] = [path for path in found if path.startswith("people/pictures/bird-")]
    files = ["index.html", "people/card-es.png", "people/card.png", "people/es/index.html"]
    assert [*result.sizes] == [*files, "people/index.html", picture]
    assert sorted(found) == [LIST, *result.sizes]
    assert found[LIST].decode().splitlines() == [
        "own",
        *(f"{hashlib.sha256(found[path]).hexdigest()}  {path}" for path in result.sizes),
    ]
    assert result.sizes == {path: len(found[path]) for path in result.sizes}
    assert b"Take HART off AWS" in found["people/index.html"]
    assert "¡Saquen HART de AWS!" in found["people/es/index.html"].decode()


def test_every_relative_address_leads_to_a_file_of_the_build(source: Path, out: Path) -> None:
    build(source, out)
    for page in out.rglob("*.html"):
        for address in re.findall(r'(?:href|src)="([^":#]+)"', page.read_text(encoding="utf-8")):
            assert (page.parent / address).is_file(), f"{page}: {address}"


def test_other_people_can_read_the_files(source: Path, out: Path) -> None:
    build(source, out)
    for path in out.rglob("*"):
        assert path.stat().st_mode & 0o004, path


def test_a_picture_has_no_hidden_data(source: Path, out: Path) -> None:
    source.mkdir()
    words = PngImagePlugin.PngInfo()
    words.add_text("Author", "Somebody")
    Image.new("RGB", (40, 30), "navy").save(source / "bird.png", pnginfo=words)
    build_folder(out, [fill_campaign(share_campaign(source, WITH_PICTURE), DAY)])
    [picture] = (out / "people/pictures").iterdir()
    assert b"Somebody" in (source / "bird.png").read_bytes()
    assert b"Somebody" not in picture.read_bytes()


def test_a_picture_that_changed_since_it_was_checked_is_not_published(
    source: Path, out: Path
) -> None:
    before = filled(source)
    save_picture(source / "bird.png", (41, 30))
    with pytest.raises(UserError, match=r"bird.png: H104 The picture has changed"):
        build_folder(out, [before])
    assert not [*out.rglob("bird-*")]


def test_redirects_are_listed_for_the_server(source: Path, out: Path) -> None:
    build(source, out, REDIRECTS)
    listed = json.loads((out / "redirects.json").read_text())
    assert listed["people/g/cost-x"] == "https://example.org/petition"
    assert read_lists(out).redirects["/people/g/cost-x"].network == "x"
    assert "/people/" in read_lists(out).files


def test_the_overview_leads_to_every_campaign_and_runs_no_script(source: Path, out: Path) -> None:
    first = filled(source)
    other = WITHOUT_SPANISH.replace(PICTURES, "  wordings:\n")
    second = fill_campaign(share_campaign(source.with_name("other"), other), DAY)
    second = replace(second, id="second")
    build_folder(out, [first, second])
    page = (out / "index.html").read_text(encoding="utf-8")
    assert 'href="people/index.html"' in page
    assert 'href="people/es/index.html"' in page
    assert 'href="second/index.html"' in page
    assert "<title>MediaJustice</title>" in page
    assert "script-src &#39;none&#39;" in page


# --- The same bytes -------------------------------------------------------------------------------


def test_two_folders_are_the_same_to_the_byte(source: Path, out: Path) -> None:
    build(source, out, WITH_PICTURE)
    build(source, out.with_name("again"), WITH_PICTURE)
    assert content(out) == content(out.with_name("again"))


def test_two_processes_build_the_same_bytes(tmp_path: Path) -> None:
    write_file(
        tmp_path / "config.yaml", "accounts: {mediajustice-x: {platform: x, handle: ours}}\n"
    )
    write_file(tmp_path / "posts/people.yaml", share_yaml(REDIRECTS))
    for seed in ("1", "2"):
        ran = run_cli_process(
            "share", "build", f"public-{seed}", cwd=tmp_path, env={"PYTHONHASHSEED": seed}
        )
        assert ran.code == 0, ran.err
    assert content(tmp_path / "public-1") == content(tmp_path / "public-2")


def test_a_second_build_writes_no_file_again(source: Path, out: Path) -> None:
    build(source, out)
    before = {path: path.stat().st_mtime_ns for path in out.rglob("*")}
    build(source, out)
    assert {path: path.stat().st_mtime_ns for path in out.rglob("*")} == before


# --- Files of others, and files of earlier builds -------------------------------------------------


def test_files_that_are_not_needed_any_more_are_removed_with_their_folder(
    source: Path, out: Path
) -> None:
    build(source, out)
    write_file(out / "people/readme.txt", "ours")
    result = build(source, out, WITHOUT_SPANISH.replace(PICTURES, "  wordings:\n"))
    removed = sorted(path for path in result.removed if "pictures" not in path)
    assert removed == ["people/card-es.png", "people/es/index.html"]
    assert not (out / "people/es").exists()
    assert not (out / "people/pictures").exists()
    assert (out / "people/readme.txt").read_text() == "ours"
    assert "es/" not in (out / LIST).read_text()


def test_an_old_file_that_somebody_changed_stays(source: Path, out: Path) -> None:
    build(source, out)
    write_file(out / "people/es/index.html", "mine now")
    result = build(source, out, WITHOUT_SPANISH)
    assert result.kept == ("people/es/index.html",)
    assert (out / "people/es/index.html").read_text() == "mine now"


def test_nothing_is_written_if_files_of_somebody_else_are_in_the_way(
    source: Path, out: Path
) -> None:
    write_file(out / "index.html", "a site")
    write_file(out / "people/index.html", "another site")
    with pytest.raises(UserError) as error:
        build(source, out)
    message = "H102 There is a file here that is not one of a share page."
    assert problems(error, out) == [f"index.html: {message}", f"people/index.html: {message}"]
    assert content(out) == {"index.html": b"a site", "people/index.html": b"another site"}


def test_a_built_file_that_somebody_changed_is_not_overwritten(source: Path, out: Path) -> None:
    build(source, out)
    write_file(out / "people/index.html", "mine now")
    with pytest.raises(UserError) as error:
        build(source, out)
    assert problems(error, out) == [
        "people/index.html: H102 This file was changed since it was built."
    ]


@pytest.mark.parametrize(
    ("first", "second", "whose"),
    [
        (None, "athena", "the organisation's name"),
        ("athena", None, "the name of athena"),
        ("own", None, "the name of own"),
    ],
)
def test_pages_in_one_name_are_not_replaced_by_those_in_another(
    source: Path, out: Path, first: str | None, second: str | None, whose: str
) -> None:
    """Otherwise the links that supporters have posted would speak for somebody else."""
    ours = filled(source, REDIRECTS)
    build_folder(out, [replace(ours, partner=first)])
    before = content(out)
    with pytest.raises(UserError) as error:
        build_folder(out, [replace(ours, partner=second)])
    message = f"The pages here are in {whose}, and supporters may have posted their links."
    assert problems(error, out) == [f".: H109 {message}"]
    assert content(out) == before
    build_folder(out, [replace(ours, partner=first)])
    assert content(out) == before


def test_a_list_without_a_name_is_taken_as_it_is_and_gets_one(source: Path, out: Path) -> None:
    """Lists of earlier versions have no name."""
    build(source, out)
    listed = (out / LIST).read_text()
    (out / LIST).write_text(listed.removeprefix("own\n"))
    assert "/people/" in read_lists(out).files
    build_folder(out, [replace(filled(source), partner="athena")])
    assert (out / LIST).read_text() == listed.replace("own\n", "partner athena\n")


def test_symbolic_links_are_not_followed(source: Path, out: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    write_file(elsewhere / "index.html", "private")
    out.mkdir()
    (out / "people").symlink_to(elsewhere)
    (out / "index.html").symlink_to(elsewhere / "index.html")
    with pytest.raises(UserError) as error:
        build(source, out)
    assert len(problems(error, out)) == 6
    assert all("symbolic link" in line for line in problems(error, out))
    assert content(elsewhere) == {"index.html": b"private"}


def test_the_folder_itself_may_be_a_link_as_web_servers_have_it(
    source: Path, out: Path, tmp_path: Path
) -> None:
    (tmp_path / "release").mkdir()
    out.symlink_to(tmp_path / "release")
    build(source, out)
    assert (tmp_path / "release/people/index.html").is_file()
    assert out.is_symlink()


def test_old_files_are_not_removed_through_a_symbolic_link(
    source: Path, out: Path, tmp_path: Path
) -> None:
    build(source, out)
    (out / "people/es").rename(tmp_path / "es")
    (out / "people/es").symlink_to(tmp_path / "es")
    build(source, out, WITHOUT_SPANISH)
    assert (tmp_path / "es/index.html").exists()


def test_a_folder_or_a_pipe_in_place_of_a_file_is_refused(source: Path, out: Path) -> None:
    (out / "index.html").mkdir(parents=True)
    (out / "people").mkdir()
    os.mkfifo(out / "people/index.html")
    with pytest.raises(UserError) as error:
        build(source, out)
    start = "H102 A file of the share page belongs here, and there is"
    assert problems(error, out) == [
        f"index.html: {start} a folder.",
        f"people/index.html: {start} a named pipe.",
    ]


def test_the_list_cannot_name_files_outside_the_folder(source: Path, out: Path) -> None:
    build(source, out)
    outside = write_file(out.parent / "private.txt", "private")
    digest = hashlib.sha256(b"private").hexdigest()
    with (out / LIST).open("a") as file:
        file.write(f"{digest}  ../private.txt\n")
    with pytest.raises(UserError, match=r"H201 This list of files is damaged"):
        build(source, out)
    assert outside.read_text() == "private"


def test_a_build_that_broke_off_is_finished_by_the_next(
    source: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(source, out, WITHOUT_SPANISH)
    expected = out.with_name("expected")
    build(source, expected)

    def run_out_of_disk(path: Path, data: bytes, **_: int) -> None:
        if path.name == "index.html" and path.parent.name == "people":
            raise OSError(28, "No space left on device", str(path))
        path.write_bytes(data if isinstance(data, bytes) else str(data).encode())

    with monkeypatch.context() as patched:
        patched.setattr("bot.share.build.files.write_atomically", run_out_of_disk)
        with pytest.raises(UserError, match="H103 The folder cannot be written: No space left"):
            build(source, out)
    build(source, out)
    assert content(out) == content(expected)


def test_a_folder_that_cannot_be_written_is_an_error(source: Path, tmp_path: Path) -> None:
    blocked = write_file(tmp_path / "a file", "")
    with pytest.raises(UserError, match="H103 The folder cannot be written: File exists"):
        build(source, blocked)
    with pytest.raises(UserError, match="H103 The folder cannot be written: Not a directory"):
        build(source, blocked / "public")


def test_the_progress_grows_to_the_whole(source: Path, out: Path) -> None:
    seen: list[float] = []
    build_folder(out, [filled(source)], seen.append)
    assert seen == sorted(seen)
    assert seen[-1] == 1
