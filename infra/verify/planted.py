"""Writes the tests of a guard rule file for `cfn-guard test`: planted.py
RULES.guard SAMPLES.yaml > TESTS.yaml.

SAMPLES has `right`, resources that pass each rule, and under `wrong` for each
rule the single changes of it that the rule must not let pass: a path into
`right` and what to set there, null to take it away. A rule without any is an
error.
"""

import copy
import json
import re
import sys
from pathlib import Path

import yaml


def changed(resources, path, value):
    keys = path.split(".")
    at = resources = copy.deepcopy(resources)
    for key in keys[:-1]:
        at = at[int(key) if isinstance(at, list) else key]
    last = int(keys[-1]) if isinstance(at, list) else keys[-1]
    if value is None:
        del at[last]
    else:
        at[last] = value
    return resources


def case(name, resources, rules, verdict):
    return {"name": name, "input": {"Resources": resources}, "expectations": {"rules": {rule: verdict for rule in rules}}}


source, samples = sys.argv[1:]
rules = re.findall(r"^rule (\w+)", Path(source).read_text(), re.MULTILINE)
right, wrong = (yaml.safe_load(Path(samples).read_text())[key] for key in ("right", "wrong"))
if set(rules) != set(wrong) or not all(wrong.values()):
    sys.exit(f"{samples} must plant something for each rule of {source}, and for no other: {sorted(set(rules) ^ set(wrong))}")

cases = [case("what is right", right, rules, "PASS")]
for rule, plants in wrong.items():
    for plant in plants:
        for path, value in plant.items():
            cases.append(case(f"{path}: {json.dumps(value)}", changed(right, path, value), [rule], "FAIL"))
json.dump(cases, sys.stdout)
