"""Reads campaigns from YAML, and reports every problem with its place.

- ``loading`` reads the folder again and again, and each changed file by ``reading``. A ``source``
  is one file with its problems and suppressions.
- ``schema`` is the form of a file: of a campaign, a post, its times and other values.
  ``validation`` reads a YAML tree by it, and says how to correct mistakes.
- ``header`` builds facts, statements, demands and events, ``sharing`` the share page, and
  ``building`` the posts: their texts by ``content``, ``templates`` and ``names``, the differences
  between platforms by ``voices`` and ``outgoing``, pictures and videos by ``media``.
- ``editing`` adds posts to a bare list, and ``rewriting`` changes its posts.

The package knows neither the database nor the network, and reads no clock.
"""

from __future__ import annotations

CODES = {
    "Y114": "Over 5,000 posts, or 1,000 facts or events, are usually a mistake of a script.",
    "Y116": "A post is added or changed only if everything else in the file keeps its meaning.",
    "Y119": "A file that takes so long to read is a mistake, or was made to stop the loop.",
    "Y120": "YAML's words for no value, null and ~, would be published as a text.",
    "C201": "The value has another shape than the form asks for, such as a text for a list.",
    "C202": "An unknown key is usually a typing error, and its value would be lost.",
    "C203": "Without this key, the meaning is not clear.",
    "C204": "The value breaks a limit of the form.",
    "C205": "Only the listed values have a meaning.",
    "C206": "These keys contradict each other.",
    "C207": "A comment that allows something must stand beside the thing that it allows.",
    "C208": "Two answers that read the same split their votes, and nobody can tell them apart.",
    "R301": "The post names a campaign that no file describes.",
    "R302": "The account is not in the config, so nothing could be published from it.",
    "R303": "The fact is not described, so no source stands behind the claim.",
    "R304": "The demand is not described in the campaign.",
    "R305": "The event is not described in the campaign.",
    "R306": "Two posts with one id would be taken for the same post.",
    "R307": "Two files that describe one campaign may contradict each other.",
    "R308": "With several campaigns, or none, it is not clear to which one a post belongs.",
    "R309": "A post without an account would be published nowhere.",
    "R310": "The statement is not described, so nobody can check who said it.",
    "R311": "A text that none of the post's accounts publishes would be lost silently.",
    "R312": "A mention that a platform does not know is plain text there, or names somebody else.",
    "R313": "The share page in a partner's name is for the partners that the campaign names.",
    "R314": "Links and reports name a wording by its id, so each id stands once on the share page.",
    "R315": "The share page has each language once, under a tag that its wordings can name.",
    "T401": "The template cannot be read.",
    "T402": "An unknown name would leave a hole in a public text.",
    "T403": "Texts name facts and compute nothing, so that everyone can see what a post will say.",
    "T404": "The filled-in text is empty, too long, or has a control character.",
    "T405": "Nobody can read a pile of marks on one letter, and some readers cannot cope with it.",
    "T406": "Texts that grow without end when they are filled in would take all of the memory.",
    "T407": "With long: thread, a text that is too long for a platform becomes a thread there.",
    "M501": "The file is not there.",
    "M502": "Media must be in the folder of the posts, so that no private file is published.",
    "M503": "The file is not a plain readable file.",
    "M504": "The file is empty.",
    "M505": "Platforms take JPEG, PNG, GIF and WebP pictures and MP4 video, whole and undamaged.",
    "M506": "The picture or video is larger than any platform takes, or made to overload programs.",
    "M507": "The same picture twice in one post is usually a mistake, and Mastodon shows it once.",
    "M508": "Nobody needs to know the place, the time, the author or the camera of a picture.",
    "M509": "Hidden data of this film, such as the place it was taken at, cannot be removed here.",
    "M510": "The share page shows pictures and offers them to download; it plays no films.",
    "S601": "A date, time or span that cannot be read would be published at the wrong hour.",
    "S602": "An unknown timezone would put every local time at the wrong hour.",
    "S603": "This local time does not exist: clocks are put forward over it that day.",
    "S604": "The schedule cannot be followed as it is written.",
    "S605": "The event would end before it starts.",
    "S606": "The post would expire before it is due, and would never be sent.",
    "G111": "A token in a post would be published with it.",
}
"""The codes of the problems that this package or ``bot.checking`` finds, each with its reason."""
