"""What can go wrong: a problem, the codes of all problems, and the errors as one tree.

::

    GroundswellError              exit code 1: something a person can fix
    ├── UserError                 one or more Problems, each with its place
    ├── StoreError                the database cannot be used as it is
    │   └── DatabaseReplacedError another has taken its place, which ends the loop
    ├── AlreadyRunning            exit code 3: another instance holds this database
    └── Outcome                   what a platform's answer means: bot.platforms.outcomes

Everything else that escapes is a bug and may show a traceback. Only ``bot.cli`` turns these into
exit codes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterable


CODES = {
    "Y101": "Files over 1 MiB are refused: a campaign is far smaller, and reading must stay quick.",
    "Y102": "Only UTF-8 is read: any other encoding would put wrong characters in front of people.",
    "Y103": "A byte-order mark is invisible, and some tools take it for part of the first key.",
    "Y104": "Control characters cannot be seen in an editor and are refused by the platforms.",
    "Y105": "The file is not YAML, or was saved only in part: nothing in it can be trusted.",
    "Y106": "YAML does not allow tabs as indentation: their width differs between editors.",
    "Y107": "A key that stands twice would silently lose one of its values.",
    "Y108": "Anchors, aliases and merge keys hide what a post says, and can blow up a small file.",
    "Y109": "Tags can make a YAML reader run code; every value here is plain text.",
    "Y110": "A file holds one document: a second one would be overlooked.",
    "Y111": "Nesting deeper than 20 is never needed and is a known way to exhaust a reader.",
    "Y112": "The file cannot be opened or read.",
    "Y113": "An empty file is most often one that an editor was just about to save.",
    "Y114": "Over 5,000 posts, or 1,000 facts or events, are most often a mistake of a script.",
    "Y115": "Half of a surrogate pair is not a character and cannot be sent to any platform.",
    "Y116": "A post is added only where all that stands in the file keeps its meaning.",
    "Y117": "YAML takes a # after a space for a comment: the text would end there.",
    "Y118": "YAML joins the lines of a text, except after |: a list would become one line.",
    "Y119": "What takes so long to read is a mistake, or made to keep the loop from its work.",
    "Y120": "YAML's words for no value, null and ~, would be published as a text.",
    "Y199": "One damaged place often causes many problems: the first ones are worth fixing first.",
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
    "L101": "Until the files have once been read without a mistake, there is nothing to publish.",
    "L890": "A year later nobody knows why a rule was broken, unless the reason stands beside it.",
    "L891": "An unknown code suppresses nothing.",
    "L892": "What allows nothing any more would hide the next mistake of its kind.",
    "L893": "No comment can allow what deceives, or what the format or a platform refuses.",
    "P101": "The account is not in the configuration, so nothing could be published from it.",
    "P102": "Two deliveries with one name could not be told apart.",
    "P103": "A post that takes the next slot of an account without slots would wait forever.",
    "P104": "No slot is free before the post ends, or before a fact of it is due for review.",
    "P105": "A post that goes out over 1,000 times within the horizon has a mistake in its when:.",
    "P106": "Over 20,000 posts within the horizon are a mistake, or an attack on the loop.",
    "P107": "X accepts 50 posts a day of an unverified account, and people put up with fewer.",
    "P108": "Posts over an account's daily_cap wait for the next day, or are missed.",
    "P109": "A post that is given a time in the past is sent late, or not at all.",
    "P110": "With a wrong year, a post is in the past and would never be sent.",
    "P111": "No slot is free within the planning horizon: the post waits until the horizon moves.",
    "P113": "Each part of a thread is a post on the platform, which counts them all.",
    "P114": "What an account has sent today counts, whatever the files say now.",
    "P112": "With a wrong year, a post that is queued would leave the queue for months.",
    "B701": "Files over 1 MiB are refused: reading must stay quick.",
    "B702": "Only UTF-8 is read: any other encoding would put wrong characters in front of people.",
    "B703": "Where a quote is not closed, nobody can tell where one post ends and the next begins.",
    "B704": "No post is as long as this cell.",
    "B705": "An unknown column is usually a typing error, and what it holds would be lost.",
    "B706": "Of two columns of one name, one would be lost.",
    "B707": "Without a text there is nothing to post.",
    "B708": "A file without posts is usually the wrong one.",
    "B709": "A cell beyond the last heading usually comes from a comma in a text.",
    "B710": "Over 5,000 posts at once are usually a mistake of a script.",
    "B711": "Invisible characters are refused by the platforms, or deceive readers.",
    "B712": "A spreadsheet writes this where it could not compute or show a value.",
    "B713": "A formula is for a spreadsheet; as a post, it would be an embarrassment.",
    "B714": "A post needs exactly one time.",
    "B715": "Dates such as 7/12/2026 or 12.7.2026 mean different days to different people.",
    "B716": "Each picture has its own description, and each part of a thread its own pictures.",
    "B717": "Rows of one id are one post, and must not contradict each other.",
    "B718": "The id belongs to a post that says something else.",
    "B719": "What was due in the past is never sent.",
    "B720": "A poll needs a length of time.",
    "B721": "A row that has changed would become a second post beside the first.",
    "B722": "Where a row and its post were both changed, one of the changes would be lost.",
    "B723": "What may be a correction or a new post could go out in both versions.",
    "B724": "A post is corrected only by the spreadsheet that it came from.",
    "B725": "What is published cannot be changed any more, and is not sent a second time.",
    "B726": "What a cell shows may stand in its file in a way that only a person can change.",
    "B727": "A row of an export is one post: what is neither that nor new could go out twice.",
    "B728": "A workbook may hold code, fetch from elsewhere, or unpack to any size.",
    "G101": "Without a config, nobody knows which accounts there are.",
    "G102": "A value of the config is not valid.",
    "G103": "An unknown key is usually a typing error, and its value would be ignored.",
    "G104": "One account under two names would post everything twice.",
    "G105": "No queue slot in an account's quiet hours is ever taken.",
    "G106": "The config has no account or channel of this name.",
    "G107": "Existing files are never overwritten.",
    "G108": "There is no platform of this name.",
    "G110": "Everybody who may read the config would know a secret in it.",
    "G111": "A token in a post would be published with it.",
    "G113": "Without a channel, nobody is notified of failures.",
    "G114": "A channel that cannot be reached notifies nobody of failures.",
    "G120": "The database is one file, in an existing folder with write permission.",
    "G121": "A copy is useful only if it is complete, and must not replace another file.",
    "G201": "Without its secret, nothing can be published from the account.",
    "G202": "The platform rejects a secret that was not copied completely.",
    "G203": "Secrets are stored in a keyring or a private file, and this machine has neither.",
    "G204": "A file with secrets is for its owner's eyes alone, and travels with no folder.",
    "G205": "Secrets are stored only once the platform has said that they are the account's.",
    "G206": "A login needs an answer to what it asks.",
    "G207": "Only what is stored here can be removed.",
    "G208": "What is removed before it is revoked stays valid, and nobody can revoke it from here.",
    "G209": "Readers see the platform's mark of automated accounts only once the platform has it.",
    "G210": "Without its address in the config, nobody can say which page was read.",
    "G211": "Another account is adopted only while nothing of the one before is being sent.",
    "G212": "One account that speaks under two names would look like two voices.",
    "G213": "Only an account that is in order can be adopted.",
    "D101": "The demo writes a project of its own, and would overwrite yours.",
    "D102": "The demo plays posts, and there are none.",
    "N101": "The sandbox needs a port of this machine for itself.",
    "N102": "The sandbox needs exactly one handle for each account that it simulates.",
    "N103": "A rehearsal must not overwrite a file of yours, or be made of itself.",
    "N104": "A rehearsal is one of the accounts that the config has.",
    "Q101": "Nothing in the queue has this number, key or name.",
    "Q102": "A name that fits several posts does not say which is meant.",
    "Q103": "Only what waits, or was cancelled, can be dropped from the queue.",
    "Q104": "The number of one delivery could mean that one, or the post on all its accounts.",
    "Q201": "A post is added only if nothing about it has to be guessed.",
    "Q301": "What is not paused cannot be resumed: another name may be meant.",
    "Q401": "Only what waits for a person can be settled by one.",
    "Q402": "A post is identified by the id in its address.",
    "Q403": "One post on the platform cannot be two deliveries.",
    "Q404": "Without its account in the config, a delivery cannot be settled.",
    "Q405": "No person can let two accounts of a platform say the same.",
    "Q406": "Each account has a page of its own to look at, and so an answer of its own.",
    "Q501": "What is approved is named by its digest or its post.",
    "Q502": "What is published, dropped or missed cannot be approved any more.",
    "Q503": "An approval is for the words that were shown, and these have changed.",
    "Q504": "The same person's approval counts once.",
    "Q505": "The author of a post cannot be its second approver.",
    "Q506": "The post's campaign asks for no approval.",
    "Q507": "Only an existing approval can be withdrawn.",
    "Q508": "A name with an invisible character could pass for another person's.",
    "Q510": "Somebody wrote an approval into the database, bypassing groundswell review.",
    "Q511": "Somebody removed an approval from the database, bypassing groundswell review.",
    "Q512": "Only what a file asks for can be confirmed, and it asks for no less.",
    "Q601": "There is no such campaign: a pause of it would stop nothing, a report be empty.",
    "Q602": "No campaign lists an account or partner of this name.",
}
"""Every code of a problem, with the reason for it in one sentence.

Those of lint rules and of platforms are beside the rules."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to fix: where it is, and how to fix it."""

    file: str
    """The file, or what else it is about, such as an option."""
    line: int
    """Counts from 1; 0 means the file as a whole."""
    column: int
    """Counts from 1; 0 means the file as a whole."""
    code: str
    """One of ``CODES``, or the code of a lint rule or of a platform."""
    message: str
    """What is wrong."""
    hint: str = ""
    """One sentence on what to do about it."""
    level: Literal["error", "warning"] = field(default="error", compare=False)
    """Whether it has to be put right."""

    def __str__(self) -> str:
        """Return ``file:line:column: CODE message. hint`` on one line."""
        place = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        text = " ".join(f"{self.message} {self.hint}".split())
        return f"{place}: {self.code} {text}"


class GroundswellError(Exception):
    """Root of all errors that a person can act on; ``problems`` are those with a place."""

    exit_code = 1
    problems: tuple[Problem, ...] = ()


class UserError(GroundswellError):
    """Unusable input, with every problem found in it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(sorted(problems))
        super().__init__("\n".join(map(str, self.problems)))


class StoreError(GroundswellError):
    """The database cannot be used: newer than the program, damaged, locked or unreachable."""

    def __init__(self, why: str | Problem) -> None:
        self.problems = (why,) if isinstance(why, Problem) else ()
        super().__init__(str(why))


class DatabaseReplacedError(StoreError):
    """Another database has taken the place of the one that was opened: no job can go on."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"{name} was moved away, replaced or restored while it was in use, so nothing more is "
            "sent. Put the right one in its place, then start again: groundswell run"
        )


class AlreadyRunning(GroundswellError):  # noqa: N818 - says what is so, not that it is an error
    """Another instance works on this database; the message names it."""

    exit_code = 3
