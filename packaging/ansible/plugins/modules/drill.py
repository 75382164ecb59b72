#!/usr/bin/python
# SPDX-License-Identifier: MIT OR Apache-2.0
"""A wrapper: the module itself is `mpath ansible`."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
module: drill
short_description: Let members of a failover group fail in turn, and measure what is lost
version_added: 0.1.0
description:
  - Holds a drill, with C(mpath drill). Everything is afterwards as it was before, so that nothing counts as changed.
  - Fails where the traffic stood still for longer than O(max_gap).
  - In check mode no drill is held.
options:
  name:
    description: The name of the group; the only one where none is given.
    type: str
  how:
    description: How members fail. V(switch) hands the traffic over, V(admin) switches them off, V(carrier) pulls cables by O(cut).
    type: str
    choices: [switch, admin, carrier]
  cut:
    description: What pulls the cable of a member, a command on the host in words without a shell; C({member}) is its name.
    type: str
  plug:
    description: What plugs it in again.
    type: str
  target:
    description: Whom to ask; the gateway where none is given.
    type: str
  probe:
    description: What is sent to it, V(icmp), V(arp) or C(tcp:PORT).
    type: str
  interval:
    description: The time between two probes, as in V(10ms).
    type: str
  rest:
    description: The time in which nothing happens before, between and after the events.
    type: str
  max_gap:
    description: Fail where the traffic stood still for longer, as in V(1s).
    type: str
extends_documentation_fragment:
  - mpath.mpath.verb
  - mpath.mpath.verb.wait
  - mpath.mpath.verb.no_differences
author:
  - The mpath authors (@mpath)
"""

EXAMPLES = r"""
- name: Prove failover, one host at a time
  mpath.mpath.drill:
    name: home-lan
    max_gap: 1s
  throttle: 1
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
  description: What happened, and what was lost, as in C(mpath.drill/1).
  returned: when a drill was held
  type: list
  elements: dict
longest_gap_ms:
  description: The longest time without an answer.
  returned: when a drill was held
  type: float
  sample: 12.5
"""

from ansible_collections.mpath.mpath.plugins.module_utils.verb import run


def main():
    words = ("name", "cut", "plug", "target", "probe", "interval", "rest", "max_gap", "wait")
    spec = dict((word, dict(type="str")) for word in words)
    spec["how"] = dict(type="str", choices=["switch", "admin", "carrier"])
    run("drill", spec, required_if=[("how", "carrier", ["cut", "plug"])])


if __name__ == "__main__":
    main()
