"""Previewers and robots, as they name themselves, and browsers of people."""

from __future__ import annotations

import pytest

from bot.arrivals.robots import LONGEST_AGENT, is_robot

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
GECKO = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) {GECKO}"
ANDROID = "Mozilla/5.0 (Linux; Android 14; {}) AppleWebKit/537.36 (KHTML, like Gecko)"

ROBOTS = f"""
facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)
facebookexternalhit/1.1
meta-externalagent/1.1 (+https://developers.facebook.com/docs/sharing/webmasters/crawler)
Twitterbot/1.0
TelegramBot (like TwitterBot)
WhatsApp/2.23.20.0
WhatsApp/2.2587.9 W
Mastodon/4.5.2 (http.rb/5.3.1; +https://mastodon.social/) Bot
http.rb/5.1.1 (Mastodon/4.1.2; +https://example.social/)
Mozilla/5.0 (compatible; Bluesky Cardyb/1.1; +mailto:support@bsky.app)
Bluesky Cardyb/1.1
Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)
Slack-ImgProxy (+https://api.slack.com/robots)
LinkedInBot/1.0 (compatible; Mozilla/5.0; Apache-HttpClient +http://www.linkedin.com)
Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)
Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)
{WINDOWS} Chrome/99 Safari/537.36 (compatible; Microsoft Teams preview)
Mozilla/5.0 (Windows NT 6.1; WOW64) SkypeUriPreview Preview/0.5 skype-url-preview@microsoft.com
{WINDOWS} HeadlessChrome/142.0.0.0 Safari/537.36
Akkoma 3.10.4; https://akko.example <admin@akko.example>; Bot
Misskey/2024.5.0 (https://misskey.example)
gotosocial/0.16.0 (+https://gts.example)
snac/2.68; +https://snac.example
Lemmy/0.19.3; +https://lemmy.example
Friendica 'Yellow Archangel' 2024.03-1557; https://friendica.example
PixelFedBot/1.0
Synapse (bot; +https://github.com/matrix-org/synapse)
Signal/6.0
Iframely/1.3.1 (+https://iframely.com/docs/about)
redditbot/1.0
Pinterest/0.2 (+http://www.pinterest.com/)
Viber/14
curl/8.14.1
Wget/1.25.0
python-requests/2.32.5
Python/3.13 aiohttp/3.13
Go-http-client/2.0
node-fetch/1.0
axios/1.6.0
okhttp/4.9
Java/17.0.1
GuzzleHttp/7
Ruby
Deno/1.40
undici
GPTBot/1.2
Mozilla/5.0 zgrab/0.x
Mozilla/5.0 (Macintosh) {GECKO} facebookexternalhit/1.1 Facebot Twitterbot/1.0
-
"""

BROWSERS = f"""
{WINDOWS} Chrome/142.0.0.0 Safari/537.36
{WINDOWS} Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0
Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0
{IPHONE} Version/26.0 Mobile/15E148 Safari/604.1
{IPHONE} Mobile/15E148 [FBAN/FBIOS;FBAV/500.0.0.50.100;FBDV/iPhone14,5;FBLC/en_US]
{IPHONE} Mobile/15E148 Instagram 300.0.0.0.0 (iPhone14,5; iOS 17_0; en_US; en)
{IPHONE} Mobile/15E148 Twitter for iPhone/10.0
{IPHONE} Mobile/15E148 Barcelona 350.0
{IPHONE} Mobile/15E148 [LinkedInApp]/9.27
{IPHONE} GSA/300.0 Mobile/15E148 Safari/604.1
{ANDROID.format("SM-S918B; wv")} Version/4.0 Chrome/120.0 Mobile Safari/537.36 [FB_IAB/FB4A;]
{ANDROID.format("Cubot X50")} Chrome/120.0.0.0 Mobile Safari/537.36
{ANDROID.format("CUBOT_P40")} Chrome/120.0.0.0 Mobile Safari/537.36
{ANDROID.format("Pixel 8")} Chrome/142 Mobile Safari/537.36 Telegram-Android/10.0
Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) {GECKO} Chrome/142.0.0.0 Safari/537.36
Mozilla/5.0 (Windows NT 10.0; Trident/7.0; rv:11.0) like Gecko
Opera/9.80 (Android; Opera Mini/7.5/35.5; U; en) Presto/2.8 Version/11.10
Lynx/2.9.0 libwww-FM/2.14 SSL-MM/1.4.1 GNUTLS/3.8
w3m/0.5.3
Links (2.29; Linux x86_64; GNU C; text)
ELinks/0.13 (textmode; Linux; 80x24)
Dillo/3.0.5
UCWEB/2.0 (MIDP-2.0; U; Adr 9; en-US) U2/1.0.0 UCBrowser/10
"""


@pytest.mark.parametrize("agent", [*filter(None, ROBOTS.splitlines()), "", " "])
def test_robots_and_previewers_are_known(agent: str) -> None:
    assert is_robot(agent)


@pytest.mark.parametrize("agent", [*filter(None, BROWSERS.splitlines())])
def test_browsers_of_people_are_not_robots(agent: str) -> None:
    assert not is_robot(agent)


@pytest.mark.parametrize("part", ["a", "http", "(compatible; ", "bot", " /", "Mozilla/5.0 "])
def test_of_a_long_user_agent_only_the_beginning_is_judged(part: str) -> None:
    agent = "Mozilla/5.0 " + part * 500_000
    assert is_robot(agent) == is_robot(agent[:LONGEST_AGENT])
