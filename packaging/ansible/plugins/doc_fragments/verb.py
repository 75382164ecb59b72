# SPDX-License-Identifier: MIT OR Apache-2.0
"""What the modules have in common. What they return cannot be told here: fragments are for options and attributes."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type


class ModuleDocFragment(object):
    DOCUMENTATION = r"""
options:
  config:
    description: The configuration of mpath on the host, a file or a folder; C(/etc/mpath) where none is given.
    type: path
  executable:
    description: The program on the host. A name without a slash is looked for as a shell does it.
    type: str
    default: mpath
attributes:
  check_mode:
    description: Can tell what would be changed, and changes nothing.
    support: full
"""

    # For modules that change something.
    WAIT = r"""
options:
  wait:
    description: How long to wait for another mpath to end, as in V(1m).
    type: str
"""

    DIFFERENCES = r"""
attributes:
  diff_mode:
    description: Shows the steps of the plan, each with its commands, and the difference of files.
    support: full
"""

    NO_DIFFERENCES = r"""
attributes:
  diff_mode:
    description: There are no differences to show.
    support: none
"""
