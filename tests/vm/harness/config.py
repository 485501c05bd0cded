# SPDX-License-Identifier: GPL-2.0
"""machines.toml, with inheritance and defaults resolved."""

import pathlib
import tomllib

VM = pathlib.Path(__file__).resolve().parent.parent
ROOT = VM.parent.parent
CACHE = ROOT / ".cache"


class Unavailable(Exception):
    """What a guest needs cannot be had here: its tests are skipped."""


class Broken(Exception):
    """Something of ours does not build: its tests fail. args[1]: the log."""


def _inherit(table, name, seen=()):
    """What [machine.NAME] or [kernel.NAME] says, and what it is like."""
    if name in seen:
        raise ValueError(f"{name}: 'like' goes in a circle")
    own = table[name]
    if "like" in own:
        return {**_inherit(table, own["like"], (*seen, name)), **own}
    return own


def load(path=VM / "machines.toml"):
    with open(path, "rb") as file:
        data = tomllib.load(file)
    machines = {}
    for name in data["machine"]:
        machine = {**data["defaults"], **_inherit(data["machine"], name)}
        machine["append"] = f"{data['defaults']['append']} {machine['tick']} {machine['append']}"
        machines[name] = machine
    data["kernel"] = {name: _inherit(data["kernel"], name) for name in data["kernel"]}
    for kernel in data["kernel"].values():
        if kernel["tree"] not in data["tree"]:
            raise ValueError(f"no tree {kernel['tree']}")
    data["machine"] = machines
    return data
