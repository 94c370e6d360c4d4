"""Secrets of a source: named in `sources.yaml`, held by the environment, never repeated in what is said."""

from collections.abc import Callable, Mapping

HIDDEN = "***"

SHORTEST = 16
"""Characters of a part of a secret that is hidden alone, too: shorter ones are words."""

NAMES = ("user", "account")
"""Words for who we are, which is no secret."""


class Credentials:
    """What one source needs to get in, by word (user, password, key and so on).

    Args:
        variables: word → name of the environment variable.
        secret: the value of a variable; raises BadSettings where it is not set.
    """

    def __init__(self, variables: Mapping[str, str], secret: Callable[[str], str]) -> None:
        self._variables = variables
        self._secret = secret
        self._secrets: set[str] = set()

    def __call__(self, word: str) -> str:
        """The value; empty where `sources.yaml` names no variable for the word.

        Raises:
            BadSettings: the variable is not set.
        """
        if word not in self._variables:
            return ""
        value = self._secret(self._variables[word])
        if word not in NAMES:
            parts = (part.partition("=")[2] for part in value.split(";"))  # the key inside a connection string
            self._secrets |= {value, *(part for part in parts if len(part) >= SHORTEST)}
        return value

    def scrub(self, text: object) -> str:
        """What a driver said, in one line, without any secret it was told."""
        said = " ".join(str(text).split())
        for value in sorted(self._secrets - {""}, key=len, reverse=True):
            said = said.replace(value, HIDDEN)
        return said[:500]

    def __repr__(self) -> str:
        return f"Credentials({', '.join(self._variables)})"
