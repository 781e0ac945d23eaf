"""A process of the generator that plays nothing: it writes down its order, and says one report."""

import json
import sys

from essc_workbench.drills.orders import Order
from essc_workbench.drills.reports import Report

order = Order.model_validate_json(sys.stdin.buffer.readline())
assert order.notes is not None
files = sorted(path.name for path in order.data.rglob("*") if path.is_file())
head = {"version": 1, "machine": "", "origin_ns": order.origin_ns}
rows = [order.shard, order.shards, order.origin_ns, files]
order.notes.write_text(f"{json.dumps(head)}\n{json.dumps(rows)}\n")
print('{"ready": true}', flush=True)
assert sys.stdin.buffer.readline().startswith(b"start ")
sys.stdout.buffer.write(Report(second=0, sends=7).line())
sys.stdout.buffer.write(Report(second=1, is_last=True).line())
