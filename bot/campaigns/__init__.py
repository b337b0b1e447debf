"""Campaigns: YAML in, Campaigns out, and every problem with its place.

``loading`` reads the folder again and again: each file that has changed by ``reading``, from a
``source`` that knows its problems and suppressions. ``schema``, with the times of ``when_schema``
and the other values of ``fields``, is the form of a file; ``validation`` reads a YAML tree by it,
and says what to write instead. ``header`` builds what posts rely on, ``building`` the posts,
with ``content`` for what they say, ``templates``, ``voices`` for what differs from platform to
platform, and ``media`` for what they show.

``editing`` adds posts to a file, ``rewriting`` changes those in it. The package knows neither the
database nor the network, and reads no clock.
"""

from __future__ import annotations

CODES = {
    "Y114": "Over 5,000 posts, or 1,000 facts or events, are most often a mistake of a script.",
    "Y116": "A post is added only where all that stands in the file keeps its meaning.",
    "Y119": "What takes so long to read is a mistake, or made to keep the loop from its work.",
    "Y120": "YAML's words for no value, null and ~, would be published as a text.",
    "C201": "The value has another shape than the form asks for, such as a text where a list goes.",
    "C202": "An unknown key is most often a slip, and what was meant would be lost.",
    "C203": "Without this key it is not clear what is meant.",
    "C204": "The value breaks a limit of the form.",
    "C205": "Only the listed values have a meaning.",
    "C206": "These keys contradict each other.",
    "C207": "A comment that allows something must stand beside what it is for.",
    "C208": "Two answers that read the same split their votes, and nobody can tell them apart.",
    "R301": "The post names a campaign that no file describes.",
    "R302": "The account is not in the configuration, so nothing could be published from it.",
    "R303": "The fact is not described, so no source stands behind the claim.",
    "R304": "The demand is not described in the campaign.",
    "R305": "The event is not described in the campaign.",
    "R306": "Two posts with one id would be taken for one and the same post.",
    "R307": "Two files that describe one campaign may contradict each other.",
    "R308": "With several campaigns, or none, it is not clear which one a post belongs to.",
    "R309": "A post without an account would be published nowhere.",
    "R310": "The statement is not described, so nobody can tell who said it and where.",
    "R311": "A text that none of the post's accounts publishes would be lost silently.",
    "R312": "A mention that a platform does not know is plain text there, or mentions another.",
    "T401": "The template cannot be read.",
    "T402": "An unknown name would leave a hole in a public text.",
    "T403": "Texts can name facts, not compute: so everyone can see what a post will say.",
    "T404": "The text, filled in, is longer than any platform allows.",
    "T405": "Nobody can read a pile of marks on one letter, and some readers choke on it.",
    "T406": "Texts that grow without end by what is filled in would take all of the memory.",
    "T407": "A text that is too long for a platform is a thread there, as long: thread says.",
    "M501": "The file is not there.",
    "M502": "Media stay inside the folder of the posts: so nothing private is published by a slip.",
    "M503": "The file is not a plain readable file.",
    "M504": "The file is empty.",
    "M505": "Platforms take JPEG, PNG, GIF and WebP images and MP4 video, whole and undamaged.",
    "M506": "The image or video is larger than any platform takes, or made to exhaust a reader.",
    "M507": "The same picture twice in one post is a slip, and Mastodon shows it once.",
    "M508": "Where and when a picture was taken, by whom and with what, is nobody's business.",
    "M509": "What is hidden in the film, such as where it was taken, cannot be left out here.",
    "S601": "A date, time or span that cannot be read would be published at the wrong hour.",
    "S602": "An unknown timezone would put every local time at the wrong hour.",
    "S603": "This local time does not exist: clocks are put forward over it that day.",
    "S604": "The schedule cannot be followed as it is written.",
    "S605": "It would end before it starts.",
    "S606": "The post would expire before it is due, and so never be sent.",
    "G111": "A token in a post would be published with it.",
}
"""Every code of a problem that this package, or ``bot.checking``, finds in campaign files, with the
reason for it in one sentence."""
