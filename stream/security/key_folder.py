"""The folder with this computer's own key, and the public keys that are handed about."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import platformdirs
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..errors import UserError
from .files import read_model, write_model
from .keys import KeyPair, check_key, is_key

#: Folder of the keys, instead of the one in the user's configuration.
ENVIRONMENT_VARIABLE = "SKYRMLIVE_KEYS"
OWN_KEY = "own.secret.json"  #: both parts of this computer's key, for its owner only
PUBLIC_SUFFIX = ".public.json"  #: of the public part alone, named as the key is


def _key_of_a_file(text: str) -> str:
    try:
        return check_key(text)
    except UserError as error:  # pydantic wants a ValueError
        raise ValueError(str(error)) from None


Key = Annotated[str, AfterValidator(_key_of_a_file)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}\z")]


class PublicKey(BaseModel):
    """A public key and the name of who has it.

    Attributes
    ----------
    name
        Letters, digits, dots and dashes.
    public_key
        40 characters in Z85.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Name
    public_key: Key


class OwnKey(PublicKey):
    """A key with its secret part."""

    secret_key: Key = Field(repr=False)

    @property
    def pair(self) -> KeyPair:
        """The two keys; raises UserError if they do not belong together."""
        return KeyPair(self.public_key, self.secret_key)


def keys_folder(folder: Path | None = None) -> Path:
    """Return `folder`, else the one that the environment names, else the user's own."""
    if folder is not None:
        return folder
    named = os.environ.get(ENVIRONMENT_VARIABLE)
    if named:
        return Path(named)
    return Path(platformdirs.user_config_dir("skyrmlive", appauthor=False)) / "keys"


def make_own_key(folder: Path, name: str) -> OwnKey:
    """Draw the key of this computer and write it, its public part into a file of its own as well.

    Raises
    ------
    UserError
        If there is one already, the name cannot be used, or the folder not be written to.
    """
    check_name(name)
    pair = KeyPair.new()
    key = OwnKey(name=name, public_key=pair.public, secret_key=pair.secret)
    write_model(folder / OWN_KEY, key, mode=0o600)
    public = PublicKey(name=name, public_key=pair.public)
    write_model(public_file(folder, name), public, mode=0o644, replace=True)
    return key


def read_own_key(folder: Path) -> OwnKey:
    """Return the key of this computer.

    Raises
    ------
    UserError
        If there is none, or others can read it.
    """
    path = folder / OWN_KEY
    if not path.exists():
        raise UserError(f"There is no key in {folder}; `skyrmlive keys new` makes one.")
    key = read_model(OwnKey, path, closed_to_others=0o077)
    _ = key.pair
    return key


def read_public_key(key_or_file: str) -> tuple[str, str | None]:
    """Return a public key, and its name where a file tells it.

    Raises
    ------
    UserError
        If it is neither a key nor the file of one.
    """
    if is_key(key_or_file):
        return key_or_file, None
    path = Path(key_or_file)
    if not path.is_file():
        raise UserError(
            f"{key_or_file[:200]!r} is neither a key (40 characters in Z85) nor a file."
        )
    public = read_model(PublicKey, path)
    return public.public_key, public.name


def public_file(folder: Path, name: str) -> Path:
    """Return where the public part of the key called `name` is written."""
    return folder / (name + PUBLIC_SUFFIX)


def check_name(name: str) -> None:
    """Raise UserError unless `name` can name a key."""
    try:
        PublicKey(name=name, public_key="0" * 40)
    except ValueError:
        raise UserError(
            f"{name[:80]!r} cannot name a key; use letters, digits, dots and dashes, 63 at most."
        ) from None
