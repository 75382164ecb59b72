#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A wrapper: the module itself is `mpath ansible`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: group
short_description: Bring failover groups up or down, and describe them
version_added: 0.1.0
description:
  - Brings a failover group of network interfaces to what its file says, with C(mpath up), or takes it down, with C(mpath down).
  - Can write the file of the group, too.
  - A second run changes nothing. A group that cannot be brought up is left as it was before, and so is its file.
options:
  name:
    description:
      - The name of the group. Without it, O(state=up) and O(state=down) mean every group of the configuration.
    type: str
  state:
    description:
      - V(up) is that the group is up, as the configuration says; V(down) that it is down. The configuration keeps it.
      - V(present) is that the configuration has the group, with these O(settings). Nothing of the network is touched.
      - V(absent) is that the group is down, and that the configuration does not have it.
    type: str
    choices: [up, down, present, absent]
    default: up
  settings:
    description:
      - What the file says of the group, key by key, as in C(mpath.toml). It becomes C(NAME.toml) in the configuration.
      - A file that says the same already is kept, comments and all.
    type: dict
  confirm:
    description:
      - Undo the change unless M(mpath.mpath.confirm) comes within so many seconds. 0 is not at all.
    type: int
  check_reachable:
    description:
      - With V(auto) the change is undone where gateway, name servers or the host that runs Ansible are not reached any more.
      - Without it, V(auto) with O(confirm), and else V(none).
    type: str
    choices: [auto, none]
  probe:
    description: Hosts that have to be reached after the change as before, as C(HOST) or C(HOST:PORT).
    type: list
    elements: str
  max_outage:
    description: Refuse a change that would interrupt traffic for longer; 0, or a time as in V(1s).
    type: str
  adopt:
    description: Take over a device that mpath did not make.
    type: bool
    default: false
  persist:
    description: Make the group so that it comes back after a boot by itself.
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
- name: Bring the group up, as the file on the host says
  mpath.mpath.group:
    name: home-lan

- name: Describe the group and bring it up, undone unless it is confirmed within a minute
  mpath.mpath.group:
    name: home-lan
    confirm: 60
    settings:
      members: [eth1, eth0]
      primary: eth1
      addresses: [192.168.1.34/24]
      gateway: 192.168.1.24

- name: Take every group down
  mpath.mpath.group:
    state: down
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
  description: What became of each group, as in C(mpath.report/1); in check mode the plan, as in C(mpath.plan/1).
  returned: when mpath was called
  type: list
  elements: dict
token:
  description: The name of the change that waits to be confirmed.
  returned: when one does
  type: str
pending:
  description: The change that waits to be confirmed.
  returned: when one does
  type: dict
"""

from ansible_collections.mpath.mpath.plugins.module_utils.verb import run


def main():
    spec = dict(
        name=dict(type="str"),
        state=dict(type="str", choices=["up", "down", "present", "absent"], default="up"),
        settings=dict(type="dict"),
        confirm=dict(type="int"),
        check_reachable=dict(type="str", choices=["auto", "none"]),
        probe=dict(type="list", elements="str"),
        max_outage=dict(type="str"),
        adopt=dict(type="bool", default=False),
        persist=dict(type="bool", default=False),
        wait=dict(type="str"),
    )
    run("group", spec, required_if=[("state", "present", ["name", "settings"]), ("state", "absent", ["name"])])


if __name__ == "__main__":
    main()
