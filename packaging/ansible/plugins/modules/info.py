#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A wrapper: the module itself is `mpath ansible`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: info
short_description: Tell how failover groups are doing
version_added: 0.1.0
description:
  - Tells how failover groups are doing, with C(mpath status), and which changes wait to be confirmed. Changes nothing.
options:
  name:
    description: The name of the group. Without it, every group of the configuration.
    type: str
extends_documentation_fragment:
  - mpath.mpath.verb
  - mpath.mpath.verb.no_differences
author:
  - The mpath authors (@mpath)
"""

EXAMPLES = r"""
- name: Look at the groups
  mpath.mpath.info:
  register: looked

- name: Refuse to go on where redundancy is lost
  ansible.builtin.assert:
    that: looked.groups | rejectattr('state', 'equalto', 'ok') | length == 0
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
  description: The groups, as in C(mpath.status/1).
  returned: success
  type: list
  elements: dict
pending:
  description: The changes that wait to be confirmed, as in C(mpath.pending/1).
  returned: success
  type: list
  elements: dict
version:
  description: The version of mpath.
  returned: success
  type: str
"""

from ansible_collections.mpath.mpath.plugins.module_utils.verb import run


def main():
    run("info", dict(name=dict(type="str")))


if __name__ == "__main__":
    main()
