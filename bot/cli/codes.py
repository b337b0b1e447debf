"""The codes of problems with the config, the secrets and the commands: each with its reason.

Those of campaign files, rules and platforms stand beside what finds them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

CODES: Mapping[str, str] = {
    "D101": "The demo writes a project of its own, and would write over yours.",
    "D102": "The demo starts on the eve of a campaign's first event, and there is none.",
    "G101": "Without a config, nobody knows which accounts there are.",
    "G102": "A value of the config cannot be what it is meant to be.",
    "G103": "An unknown key of the config is most often a slip, and what it meant would be lost.",
    "G104": "One account under two names would say everything twice.",
    "G105": "Nothing leaves in an account's quiet hours, so a slot in them would never be taken.",
    "G106": "The config has no account or channel of this name.",
    "G107": "What is there already is never written over.",
    "G110": "Whoever may read the config would have the secret that stands in it.",
    "G111": "A token that stands in a post would be published with it.",
    "G113": "Without a channel, nobody is told of what fails.",
    "G114": "A channel that cannot be reached tells nobody of what fails.",
    "G120": "The database is one file, in a folder that is there and may be written to.",
    "G121": "A copy counts only where it is whole, and takes no other file's place.",
    "G201": "Without its secret, nothing can be published from the account.",
    "G202": "A secret that was not copied whole is refused by the platform.",
    "G203": "Secrets are kept in the operating system's keyring, and this machine has none.",
    "L101": "While no file has ever been read without a mistake, there is nothing to publish.",
    "N101": "The sandbox needs a port of this machine for itself.",
    "N102": "The sandbox needs a handle for each account that it plays, and one for each only.",
    "P101": "The account is not in the configuration, so nothing could be published from it.",
    "P102": "Two deliveries under one name would be taken for one and the same.",
    "Q101": "Nothing in the queue has this number, key or name.",
    "Q102": "A name that several deliveries have does not say which is meant.",
    "Q103": "Only what waits, or was called off, can be taken out of the queue.",
    "Q201": "A post is added only where nothing about it has to be guessed.",
    "Q301": "What is not paused cannot be resumed: another name may be meant.",
    "Q302": "A pause of what there is not would stop nothing, and look as if it did.",
    "Q401": "Only what waits for a person can be settled by one.",
    "Q402": "A post is known by the id in its address.",
    "Q403": "One post on the platform cannot be two deliveries.",
    "Q404": "Without its account in the config, nothing can be said about a delivery.",
    "Q501": "What is approved is named by its digest or its post.",
    "Q502": "What is out, dropped or missed cannot be approved any more.",
    "Q503": "An approval is of the words that were shown, and these have changed.",
    "Q504": "The same person's approval counts once.",
    "Q505": "Who wrote a post cannot be its second approver.",
    "Q506": "The post's campaign asks for no approval.",
    "Q507": "Only an approval that was given can be withdrawn.",
    "Q508": "A name with a character that nobody sees would pass for another person's.",
    "Q509": "No file describes this campaign.",
    "Q510": "Somebody wrote an approval into the database, past groundswell review.",
    "Q511": "Somebody took an approval out of the database, past groundswell review.",
    "Q601": "No file describes this campaign.",
    "Q602": "No campaign lists an account or partner of this name.",
    "R901": "No campaign has this name: its report would say that nothing was published.",
}
