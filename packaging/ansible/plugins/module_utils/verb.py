# SPDX-License-Identifier: MIT OR Apache-2.0
"""Hands the arguments of a module to `mpath ansible`, which does what they ask for, and its answer to Ansible."""

from __future__ import absolute_import, division, print_function

__metaclass__ = type

import json

from ansible.module_utils.basic import AnsibleModule

# Where it lies where the path of a login without a terminal does not lead.
PLACES = ["/usr/local/sbin", "/usr/local/bin", "/opt/mpath/bin", "/usr/sbin", "/usr/bin"]

COMMON = dict(
    config=dict(type="path"),
    executable=dict(type="str", default="mpath"),
)


def run(name, argument_spec, **rules):
    """Runs the module of this name."""
    module = AnsibleModule(argument_spec=dict(argument_spec, **COMMON), supports_check_mode=True, **rules)
    arguments = dict((key, value) for key, value in module.params.items() if value is not None and key != "executable")
    arguments["_ansible_check_mode"] = module.check_mode
    arguments["_ansible_diff"] = module._diff
    program = module.params["executable"]
    if "/" not in program:
        program = module.get_bin_path(program, required=True, opt_dirs=PLACES)
    words = [program, "ansible", "--module", name]
    code, stdout, stderr = module.run_command(words, data=json.dumps(arguments), binary_data=False)
    try:
        reply = json.loads(stdout)
    except ValueError:
        reply = None
    if not isinstance(reply, dict):
        msg = "%s ansible did not answer: is it older than the collection?" % program
        module.fail_json(msg=msg, exit=code, stdout=stdout, stderr=stderr)
    # For Salt.
    reply.pop("comment", None)
    if reply.pop("failed", False):
        module.fail_json(**reply)
    module.exit_json(**reply)
