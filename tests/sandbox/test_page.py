from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import requests
from helpers.pictures import picture_bytes

if TYPE_CHECKING:
    from helpers.sandbox import SandboxClient

pytest_plugins = ["helpers.sandbox"]


class Seen(HTMLParser):
    """The words of a page, and its tags with their attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.words = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)
        self.words = " ".join(self.words.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def page(sandbox: SandboxClient) -> Seen:
    answer = requests.get(sandbox.url, timeout=10)
    assert answer.status_code == 200
    return Seen(answer.text)


def test_page_says_that_it_is_a_simulation(sandbox: SandboxClient) -> None:
    assert "Sandbox: simulated platform, nobody sees these posts" in page(sandbox).words
    assert "Nothing has been posted yet." in page(sandbox).words


def ago(sandbox: SandboxClient, path: str, status: int = 200) -> Seen:
    answer = requests.get(sandbox.url + path, timeout=10)
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("text/html")
    return Seen(answer.text)


def test_every_address_of_a_post_opens_and_shows_its_thread(sandbox: SandboxClient) -> None:
    head = sandbox.create_post("First part")
    tail = sandbox.create_post("Second part", reply={"in_reply_to_tweet_id": head})
    sandbox.create_post("Something else")
    for path in (head, tail, f"{head}/photo/1", f"{head}/video/1"):
        seen = ago(sandbox, f"/mediajustice/status/{path}")
        assert "First part" in seen.words
        assert "Second part" in seen.words
        assert "Something else" not in seen.words
    assert "First part" in ago(sandbox, f"/renamed/status/{head}").words
    links = [tag["href"] for tag in page(sandbox).all("a")]
    assert f"/mediajustice/status/{tail}" in links
    assert all(ago(sandbox, str(link)) for link in links)


def test_a_post_that_is_gone_says_so(sandbox: SandboxClient) -> None:
    gone = sandbox.create_post("Gone")
    sandbox.control("POST", f"/posts/{gone}/delete")
    for id_ in (gone, "17", "x"):
        seen = ago(sandbox, f"/mediajustice/status/{id_}", 404)
        assert "There is no such post, or it was deleted." in seen.words
        assert "Gone" not in seen.words


def test_an_account_has_a_page_of_its_own(sandbox: SandboxClient) -> None:
    sandbox.create_post("Ours")
    sandbox.create_post("Theirs", sandbox.other)
    assert "Ours" in ago(sandbox, "/MediaJustice").words
    assert "Theirs" not in ago(sandbox, "/mediajustice").words
    assert "There is no such account." in ago(sandbox, "/nobody", 404).words


def test_page_shows_threads_polls_and_the_badge(sandbox: SandboxClient) -> None:
    head = sandbox.create_post("First part #Now")
    sandbox.create_post("Second part", reply={"in_reply_to_tweet_id": head})
    sandbox.create_post("Well?", poll={"options": ["Yes, surely", "No"], "duration_minutes": 60})
    seen = page(sandbox)
    for words in ("First part #Now", "Second part", "Yes, surely: 0", "Automated", "@mediajustice"):
        assert words in seen.words
    assert [section.get("aria-label") for section in seen.all("section")] == [
        None,
        "Thread of 2 posts",
    ]
    assert seen.words.index("Well?") < seen.words.index("First part")


def test_text_of_posts_cannot_become_markup(sandbox: SandboxClient) -> None:
    evil = (
        "<script>alert(1)</script> \"'><img src=x onerror=alert(1)> javascript:alert(1) {{ 7*7 }}"
    )
    sandbox.create_post(evil + " https://example.org/?q='\"><b>")
    sandbox.world.add_account("evil", '<b onclick="x">Evil')
    id_ = sandbox.create_upload()
    alt = {"id": id_, "metadata": {"alt_text": {"text": '"><script>alert(1)</script>'}}}
    sandbox.api("POST", "/2/media/metadata", json=alt)
    sandbox.create_post("Picture", media={"media_ids": [id_]})
    seen = page(sandbox)
    assert "<script>alert(1)</script>" in seen.words
    assert not seen.all("script")
    assert [image["src"] for image in seen.all("img")] == [f"/sandbox/media/{id_}"]
    assert seen.all("img")[0]["alt"] == '"><script>alert(1)</script>'
    ours = ("http://", "https://", "/mediajustice")
    assert all(str(link["href"]).startswith(ours) for link in seen.all("a"))
    assert not [name for _, attributes in seen.tags for name in attributes if name.startswith("on")]


def test_page_needs_nothing_that_its_policy_forbids(sandbox: SandboxClient) -> None:
    sandbox.create_post("Look", media={"media_ids": [sandbox.create_upload()]})
    answer = requests.get(sandbox.url, timeout=10)
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert not re.search(r"<style|<script|\sstyle=", answer.text)
    sheet = requests.get(f"{sandbox.url}/sandbox/page.css", timeout=10)
    assert sheet.headers["content-type"].startswith("text/css")
    assert "url(" not in sheet.text


def test_media_is_served_as_what_it_is_and_no_more(sandbox: SandboxClient) -> None:
    picture = picture_bytes("JPEG")
    id_ = sandbox.create_upload(data=picture)
    answer = requests.get(f"{sandbox.url}/sandbox/media/{id_}", timeout=10)
    assert answer.content == picture
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert requests.get(f"{sandbox.url}/sandbox/media/42", timeout=10).status_code == 404


def test_counters_are_read_in_full_by_screen_readers(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("Hello")
    sandbox.clock.advance(hours=30)
    count = sandbox.world.counters(sandbox.world.posts[id_]).impressions
    assert count > 1000
    assert f"{count} impressions" in page(sandbox).words


def test_deleted_posts_are_gone_from_the_page(sandbox: SandboxClient) -> None:
    id_ = sandbox.create_post("Soon gone")
    sandbox.control("POST", f"/posts/{id_}/delete")
    assert "Soon gone" not in page(sandbox).words
