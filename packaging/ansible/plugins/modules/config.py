#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A wrapper: the module itself is `mpath ansible`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: config
short_description: Write a file of the configuration of mpath, if it is right
version_added: 0.1.0
description:
  - Writes a file of the configuration as a whole. The configuration with the new file in it is checked before, on the host and
    for its platform; one that is wrong leaves the old file where it is.
  - Touches nothing of the network.
options:
  path:
    description: The file, with C(.toml) at its end.
    type: path
    required: true
  state:
    description: Whether it is to be there.
    type: str
    choices: [present, absent]
    default: present
  content:
    description: Its text.
    type: str
  groups:
    description:
      - Its groups, by their names, each with what the file says of it. A file that says the same already is kept.
    type: dict
extends_documentation_fragment:
  - mpath.mpath.verb
  - mpath.mpath.verb.differences
author:
  - The mpath authors (@mpath)
"""

EXAMPLES = r"""
- name: Write the file from a template
  mpath.mpath.config:
    path: /etc/mpath/home-lan.toml
    content: "{{ lookup('ansible.builtin.template', 'home-lan.toml.j2') }}"

- name: Write the file from data
  mpath.mpath.config:
    path: /etc/mpath/home-lan.toml
    groups:
      home-lan:
        members: [eth1, eth0]
        primary: eth1
        dhcp: true
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

previous:
  description: The text of before; null where there was no file.
  returned: success
  type: str
problems:
  description: What is wrong with the file, as in C(mpath.problems/1).
  returned: when something is
  type: list
  elements: dict
"""

from ansible_collections.mpath.mpath.plugins.module_utils.verb import run


def main():
    spec = dict(
        path=dict(type="path", required=True),
        state=dict(type="str", choices=["present", "absent"], default="present"),
        content=dict(type="str"),
        groups=dict(type="dict"),
    )
    run(
        "config",
        spec,
        mutually_exclusive=[("content", "groups")],
        required_if=[("state", "present", ["content", "groups"], True)],
    )


if __name__ == "__main__":
    main()
