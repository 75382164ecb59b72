#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A wrapper: the module itself is `mpath ansible`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: switch
short_description: Let another member of a failover group carry the traffic
version_added: 0.1.0
description:
  - Hands the traffic of a group over to another member, without a loss, with C(mpath switch).
options:
  name:
    description: The name of the group; the only one where none is given.
    type: str
  to:
    description: The member that is to carry the traffic.
    type: str
  release:
    description: Give the traffic back to the primary.
    type: bool
    default: false
  force:
    description: Try a member that does not seem to work, too.
    type: bool
    default: false
extends_documentation_fragment:
  - mpath.mpath.verb
  - mpath.mpath.verb.wait
  - mpath.mpath.verb.differences
author:
  - The mpath authors (@mpath)
"""

EXAMPLES = r"""
- name: Work on eth1 without a loss
  mpath.mpath.switch:
    name: home-lan
    to: eth0

- name: Give it back
  mpath.mpath.switch:
    name: home-lan
    release: true
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
  description: What became of the group, as in C(mpath.report/1).
  returned: when mpath was called
  type: list
  elements: dict
"""

from ansible_collections.mpath.mpath.plugins.module_utils.verb import run


def main():
    spec = dict(
        name=dict(type="str"),
        to=dict(type="str"),
        release=dict(type="bool", default=False),
        force=dict(type="bool", default=False),
        wait=dict(type="str"),
    )
    run("switch", spec, required_one_of=[("to", "release")])


if __name__ == "__main__":
    main()
