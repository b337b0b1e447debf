"""The nouns of the package, as frozen values. Imports nothing else of ours.

``campaign`` and ``facts`` have the nouns of the YAML files, ``content`` the texts and media that an
audience sees, ``delivery`` the database's view of them, ``situation`` the reasons to wait.
``posts`` has the posts that people think of, each with its deliveries, and ``published`` the
counters of the platforms and the costs. ``share`` has the page for supporters, and ``arrivals`` the
visits that its links led to. ``people`` has those who use the control room, and ``web_addresses``
the paths of its pages. ``documents`` makes JSON of all views.

Every command imports this module. What only some commands need is imported from its own module:
``arrivals``, ``documents``, ``post_words``, ``share`` and ``web_addresses``.
"""

from bot.model.campaign import (
    ONCE,
    SLOT,
    Account,
    Campaign,
    Event,
    Moment,
    Post,
    PostLink,
    Schedule,
    ScheduleKind,
    Slot,
    Wording,
)
from bot.model.content import NOWHERE, Content, LinkCard, Mark, Media, Part, Poll
from bot.model.delivery import (
    IDENTITY_FIELDS,
    PLANNED_FIELDS,
    Approval,
    Attempt,
    Delivery,
    Occurrence,
    Probe,
    Refusal,
    State,
    Subject,
)
from bot.model.facts import Demand, Fact, Statement, Suppression
from bot.model.people import EVERYTHING, Role, Scope, SignedIn, User
from bot.model.posts import (
    OVER,
    PlannedPost,
    PostKey,
    group_posts,
    name_moments,
    name_posts,
    post_number,
    visible,
)
from bot.model.published import (
    COUNTER_NAMES,
    ENGAGEMENTS,
    FIRST_READ_AGE,
    PUBLIC_COUNTERS,
    STOP_AT,
    BudgetStatus,
    Counters,
    PollVotes,
    Publication,
    RemotePost,
    Snapshot,
    Spending,
    sum_known,
)
from bot.model.situation import (
    Backoff,
    DayCount,
    Duplicate,
    Pause,
    PauseCause,
    PauseRequest,
    Situation,
    Transition,
)
