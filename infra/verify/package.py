"""Runs sam package on what sam build made, against an emulated S3: package.py
SAM BUILT WORKDIR. Checks that what Lambda would be given is the executable that
was built, that it may be run, and that nothing is left that only this machine
has."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import boto3
from samcli.yamlhelper import yaml_parse

BUCKET = "sam-package"
sam, built, packaged = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
s3 = boto3.client("s3", region_name="us-east-1")
s3.create_bucket(Bucket=BUCKET)
subprocess.run(
    [sam, "package", "--template-file", built / "template.yaml", "--s3-bucket", BUCKET, "--output-template-file", packaged, "--no-progressbar"],
    check=True, stdout=subprocess.DEVNULL,
)


def problem(name, resource):
    properties = resource["Properties"]
    if resource["Type"] == "AWS::CloudFormation::Stack":
        bucket, key = properties["TemplateURL"].split("/")[-2:]
        nested = yaml_parse(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        return None if nested["Resources"] else "is an empty stack"
    bucket, key = properties["CodeUri"].removeprefix("s3://").split("/")
    archive = zipfile.ZipFile(io.BytesIO(s3.get_object(Bucket=bucket, Key=key)["Body"].read()))
    if archive.namelist() != ["bootstrap"]:
        return f"contains {archive.namelist()}, want bootstrap only"
    if archive.read("bootstrap") != (built / name / "bootstrap").read_bytes():
        return "contains another executable than was built"
    if archive.infolist()[0].external_attr >> 16 & 0o111 != 0o111:
        return "contains an executable that Lambda may not run"
    print(f"{name}: {len(archive.read('bootstrap')):,} bytes, {archive.infolist()[0].compress_size:,} packed")


resources = yaml_parse(packaged.read_text())["Resources"]
uploaded = {k: r for k, r in resources.items() if r["Type"] in ("AWS::Serverless::Function", "AWS::CloudFormation::Stack")}
problems = [f"{name} {text}" for name, resource in uploaded.items() if (text := problem(name, resource))]
for each in problems:
    print(each)
sys.exit(1 if problems or not uploaded else 0)
