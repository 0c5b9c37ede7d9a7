"""Runs checkov: scan.py CONFIG FOLDER TEMPLATE... Fails on what checkov itself
lets pass, too: a template that it could not read, and an exception (Metadata,
checkov, skip) that has no reason or is for nothing."""

import json
import subprocess
import sys
from pathlib import Path

import yaml

config, folder, *templates = sys.argv[1:]
run = subprocess.run(
    [Path(sys.executable).with_name("checkov"), "--config-file", Path(config).resolve(), "--output", "json", "--file", *templates],
    cwd=folder, stdout=subprocess.PIPE, text=True,
)
report = json.loads(run.stdout)
checks, summary = report["results"], report["summary"]

resources, exceptions = 0, set()
for name in templates:
    for key, resource in yaml.safe_load((Path(folder) / name).read_text())["Resources"].items():
        resources += 1
        for skip in resource.get("Metadata", {}).get("checkov", {}).get("skip", []):
            exceptions.add((skip["id"], f"{resource['Type']}.{key}"))

problems = [f"{c['check_id']} {c['resource']} in {c['file_path']}: {c['check_name']}" for c in checks["failed_checks"]]
for check in checks["skipped_checks"]:
    id, resource, reason = check["check_id"], check["resource"], check["check_result"]["suppress_comment"]
    print(f"{id} {resource} is excepted: {reason}")
    exceptions.discard((id, resource))
    if not reason or reason == "No comment provided":
        problems.append(f"{id} {resource} is excepted without a reason")
problems += [f"{id} {resource} is excepted, but checkov does not look for it" for id, resource in sorted(exceptions)]
if summary["resource_count"] != resources or not summary["passed"]:
    problems.append(f"checkov has read {summary['resource_count']} of {resources} resources")

for problem in problems:
    print(problem)
print(f"{resources} resources: {summary['passed']} checks passed, {summary['failed']} failed, {summary['skipped']} excepted")
sys.exit(1 if problems or run.returncode else 0)
