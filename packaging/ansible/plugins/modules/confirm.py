#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A wrapper: the module itself is `mpath ansible`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: confirm
short_description: Let a change stay that waits to be confirmed, or undo it
version_added: 0.1.0
description:
  - Lets a change stay that was made with O(mpath.mpath.group#module:confirm), or undoes it.
  - Where no change waits, the groups have to be as the configuration says. So it succeeds where the change was confirmed before, and
    fails where it was undone since nobody could confirm it.
options:
  token:
    description: The name of the change, as RV(mpath.mpath.group#module:token) tells it; without it, all that wait.
    type: str
  name:
    description: The name of a group; only changes of it are meant then.
    type: str
  state:
    description: What becomes of the change.
    type: str
    choices: [confirmed, reverted]
    default: confirmed
extends_documentation_fragment:
  - mpath.mpath.verb
  - mpath.mpath.verb.no_differences
author:
  - The mpath authors (@mpath)
"""

EXAMPLES = r"""
- name: Change the network that Ansible comes by
  mpath.mpath.group:
    name: home-lan
    confirm: 60
  ignore_unreachable: true

- name: Come anew
  ansible.builtin.meta: reset_connection

- name: Wait until the host is there again
  ansible.builtin.wait_for_connection:
    timeout: 120

- name: Let the change stay
  mpath.mpath.confirm:
    name: home-lan
"""

RETURN = r"""
commands:
  description: What mpath was called with, as somebody could type it.
  returned: when mpath was called
  type: list
  elements: str
  sample: ["mpath up home-lan"]
exit:
  description: The exit code of mpath.
  returned: always
  type: int
  sample: 0

groups:
  description: What became of each group, as in C(mpath.report/1).
  returned: when mpath was called
  type: list
  elements: dict
"""

from ansible_collections.mpath.mpath.plugins.module_utils.verb import run


def main():
    spec = dict(
        token=dict(type="str", no_log=False),
        name=dict(type="str"),
        state=dict(type="str", choices=["confirmed", "reverted"], default="confirmed"),
    )
    run("confirm", spec)


if __name__ == "__main__":
    main()
