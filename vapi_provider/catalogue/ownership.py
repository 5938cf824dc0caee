"""Messages about which resource has a record: adoption, release, and unique values."""

from vapi_provider.catalogue.message import Template

ADOPTED_IS_MISSING = Template(
    "VAPI-ADOPTED-IS-MISSING",
    "{cause}: adopt_id names a number that this account does not have; nothing was created. "
    "Correct or remove adopt_id",
)
ADOPTED_IS_HELD = Template(
    "VAPI-ADOPTED-IS-HELD",
    "adopt_id names {id}, which {holder} has: nothing was changed. Remove one of the two",
)
ADOPTED_HAS_OTHER_AREA_CODE = Template(
    "VAPI-ADOPTED-HAS-OTHER-AREA-CODE",
    "{id} is {number}, which does not match {field}: remove that field to adopt the number as it "
    "is",
)
OTHER_KIND = Template("VAPI-OTHER-KIND", "{id} is {actual}, not {declared}: declare it as {actual}")
SAME_RESOURCE_NAME = Template(
    "VAPI-SAME-RESOURCE-NAME",
    "two resources are called {resource}: give one another name; nothing was created for the "
    "second",
)
DECLARED_TWICE = Template(
    "VAPI-DECLARED-TWICE",
    "{id} is declared twice: as {first} and as {second}; remove one of them",
)
UNIQUE_VALUE_DECLARED_TWICE = Template(
    "VAPI-UNIQUE-VALUE-DECLARED-TWICE",
    "{field}: is declared twice, {owner} has it too: a number or SIP URI belongs to one resource",
)
UNIQUE_VALUES_SWAPPED = Template(
    "VAPI-UNIQUE-VALUES-SWAPPED",
    "{id} cannot swap its number or SIP URI with another resource in one run: {swap}",
)
NOT_YET_ADOPTED = Template(
    "VAPI-NOT-YET-ADOPTED",
    "{id} was not released, because {adopter} names it in adopt_id and has not adopted it yet; the "
    "state keeps it for {holder}. Correct any error of the adoption and run `pulumi up` again; if "
    "{holder} is deleted before it is replaced, first run `pulumi up --target <URN of {adopter}>`",
)
KEPT_FOR_ANOTHER_STATE = Template(
    "VAPI-KEPT-FOR-ANOTHER-STATE",
    "{id} was removed from the state for {resource} and not released, because it is also recorded "
    "for {holder}. If {holder} no longer exists, release the number in the dashboard",
)
TOO_MANY_RELEASES = Template(
    "VAPI-TOO-MANY-RELEASES",
    "this run would release more numbers than vapi:maxReleases allows ({limit}): undo the change, "
    "or set VAPI_MAX_RELEASES=<number> in the environment for one run",
)
RELEASED_BY_KILLED_RUN = Template(
    "VAPI-RELEASED-BY-KILLED-RUN",
    "{id} was released by an earlier run whose engine was killed: {number} is gone, and its "
    "resource is created again",
)
EARLIER_RUN_STILL_WRITES = Template(
    "VAPI-EARLIER-RUN-STILL-WRITES",
    "an earlier run of this stack, whose engine was killed, still changes its numbers: end its "
    "process (python -m pulumi.dynamic), or wait, and run again",
)
WAITING_FOR_EARLIER_RUN = Template(
    "VAPI-WAITING-FOR-EARLIER-RUN",
    "an earlier run of this stack, whose engine was killed, still changes its numbers: waiting "
    "until that is done",
)
WAITING_FOR_EARLIER_WRITES = Template(
    "VAPI-WAITING-FOR-EARLIER-WRITES",
    "an earlier run was killed while it changed this stack's numbers: waiting {seconds:.0f} s "
    "until its requests can no longer take effect",
)
