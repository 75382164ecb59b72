"""Writes what becomes of each task on each host, as a line of JSON, into the file of MPATH_TEST_RECORD."""

import json
import os
import time

from ansible.plugins.callback import CallbackBase


class CallbackModule(CallbackBase):
    CALLBACK_VERSION = 2.0
    CALLBACK_TYPE = "notification"
    CALLBACK_NAME = "record"

    def __init__(self):
        super().__init__()
        self.record = open(os.environ["MPATH_TEST_RECORD"], "w", buffering=1)

    def tell(self, what, host, task, result):
        entry = {"what": what, "host": host, "task": task, "result": result, "at": time.monotonic()}
        self.record.write(json.dumps(entry, default=str) + "\n")

    def result(self, what, result):
        self.tell(what, result._host.get_name(), result._task.get_name(), result._result)

    def v2_runner_on_start(self, host, task):
        self.tell("start", host.get_name(), task.get_name(), {})

    def v2_runner_on_ok(self, result):
        self.result("ok", result)

    def v2_runner_on_failed(self, result, ignore_errors=False):
        self.result("failed", result)

    def v2_runner_on_unreachable(self, result):
        self.result("unreachable", result)

    def v2_playbook_on_stats(self, stats):
        for host in stats.processed:
            self.tell("stats", host, "", stats.summarize(host))
