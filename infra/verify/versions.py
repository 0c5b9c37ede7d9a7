"""Holds template.yaml to this: a parameter that a function gets is a new version
of it when it changes, which is tried and shifted to; otherwise people would
stay with the old value. AWS::LanguageExtensions is played as far as its
documentation says that it puts parameters' values where they are referred to
(https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/transform-aws-languageextensions.html);
SAM's transform is its own code: versions.py TEMPLATE"""

import copy
import sys
from pathlib import Path

from samcli.yamlhelper import yaml_parse
from samtranslator.intrinsics.resolver import IntrinsicsResolver
from samtranslator.translator.transform import transform

sys.dont_write_bytecode = True  # no __pycache__ beside the sources
from translate import NoManagedPolicies  # which also quietens samtranslator

# What goes to no function that people reach.
ELSEWHERE = {
    "AlarmEmail", "MaxSecretAgeDays", "LogRetentionDays", "ThrottleRate", "ThrottleBurst", "TrafficShift", "PermissionsBoundaryArn",
    "RollBackOnAlarm", "DomainName", "HostedZoneId", "CertificateArn", "CognitoMfa", "CognitoMailFrom",
    "PromoteWhen", "RotateAfterDays",
}


def versions(template, values):
    """The logical ids of the functions' versions, by which CloudFormation knows them."""
    expanded = copy.deepcopy(template)
    for section in ("Resources", "Globals"):
        expanded[section] = IntrinsicsResolver(values).resolve_parameter_refs(expanded[section])
    for resource in expanded["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/key"
    made = transform(expanded, dict(values), NoManagedPolicies())["Resources"]
    return {name for name, resource in made.items() if resource["Type"] == "AWS::Lambda::Version"}, made


def changed(parameter, value):
    """Another value than that, which the parameter's form may or may not take."""
    others = [other for other in parameter.get("AllowedValues", []) if str(other) != value]
    if others:
        return str(others[0])
    return str(int(value) + 1) if parameter["Type"] == "Number" else "changed" + value


template = yaml_parse(Path(sys.argv[1]).read_text())
parameters = template["Parameters"]
defaults = {name: str(parameter.get("Default", "")) for name, parameter in parameters.items()}
before, resources = versions(template, defaults)
wrong = []
if len(before) != 3:
    wrong.append(f"there are {len(before)} versions, want one of each function that people reach")
if versions(template, defaults)[0] != before:
    wrong.append("the versions change though nothing has")
for name, parameter in parameters.items():
    after, _ = versions(template, {**defaults, name: changed(parameter, defaults[name])})
    if (after != before) != (name not in ELSEWHERE):
        wrong.append(f"{name}: a changed value makes new versions: {after != before}, want {name not in ELSEWHERE}")
# CloudFormation refuses a new version of what is the same: reserved concurrency
# is no part of a version, so it stands in what is.
_, others = versions(template, {**defaults, "MaxConcurrency": changed(parameters["MaxConcurrency"], defaults["MaxConcurrency"])})
for name, resource in resources.items():
    properties = resource.get("Properties", {})
    if "ReservedConcurrentExecutions" in properties and properties["Description"] == others[name]["Properties"]["Description"]:
        wrong.append(f"{name}: its description must change with MaxConcurrency, or a change of that alone fails")
for line in wrong:
    print(line)
print(f"{len(parameters)} parameters, {len(parameters) - len(ELSEWHERE & set(parameters))} of which the functions get")
sys.exit(1 if wrong else 0)
