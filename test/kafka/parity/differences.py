"""Where our records differ from Debezium's on purpose, each with its reason.

A pattern of topic and path, and what each side says there; ANY takes what
comes.  "value.after.*" style patterns are fnmatch's.
"""
from dataclasses import dataclass
from fnmatch import fnmatchcase

from compare import MISSING


class _Any:
    def __repr__(self):
        return "anything"


ANY = _Any()


@dataclass
class Known:
    topic: str
    path: str
    theirs: object
    ours: object
    reason: str

    def matches(self, topic, path, theirs, ours, rec):
        return (fnmatchcase(topic, self.topic)
                and fnmatchcase(path.replace("[", "("),
                                self.path.replace("[", "("))
                and (self.theirs is ANY or self.theirs == theirs)
                and (self.ours is ANY or self.ours == ours))


# With replace.null.with.default=false Debezium's converter also prints the
# unset source.snapshot as null.
WITHOUT_REPLACED_NULLS = [
    Known("*", "value.source.snapshot", None, "false",
          "we never touch a user's NULL, and source.snapshot still says "
          "false"),
]

NEVER_LOST = "Debezium has no converter for it and drops the column"

MENDED = [
    Known("typ.mended", "value.*.na", ANY, ANY, "name columns: Debezium "
          "streams null"),
]
