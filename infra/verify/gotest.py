"""Sums up `go test -json` from standard input: one line for each package, all
that a failed package said, and every skipped test. Exits 1 when a test was
skipped or failed."""

import json
import sys
from collections import Counter, defaultdict

said = defaultdict(lambda: defaultdict(list))  # package -> test -> lines
tests = Counter()
packages_failed = False
skipped = []

for line in sys.stdin:
    try:
        event = json.loads(line)
    except ValueError:
        print(line, end="")
        continue
    action, package, test = event["Action"], event.get("Package"), event.get("Test", "")
    if action == "build-output":
        print(event["Output"], end="")
    elif action == "output":
        if not event["Output"].startswith("=== "):
            said[package][test].append(event["Output"])
    elif action not in ("pass", "fail", "skip"):
        continue
    elif test:
        tests[action] += 1
        if action == "skip":
            skipped.append(f"{package} {test}: " + " ".join(said[package][test][:1]).strip())
        if action != "fail":
            del said[package][test]
    else:
        lines = said.pop(package, {})
        verdict = lines.pop("", [])
        if action == "fail":
            packages_failed = True
            for output in lines.values():  # those of tests that passed are gone
                print(*output, sep="", end="")
            print(*verdict, sep="", end="")
        else:
            print(*verdict[-1:], sep="", end="")

for each in skipped:
    print(f"skipped, though every part is here: {each}")
print(f"{tests['pass']} passed, {tests['fail']} failed, {tests['skip']} skipped")
sys.exit(1 if skipped or tests["fail"] or packages_failed else 0)
