"""Translates SAM templates as CloudFormation would, without AWS: translate.py
INTO TEMPLATE... writes each to the same path below INTO. One without a
transform is only written out, with its intrinsic functions in the long form."""

import logging
import sys
from pathlib import Path

from samcli.lib.translate.sam_template_validator import SamTemplateValidator
from samcli.yamlhelper import yaml_dump, yaml_parse

logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own feature toggles


class NoManagedPolicies:
    """SAM asks IAM for their names. The house rule is to have none."""

    def load(self):
        return {}


if __name__ == "__main__":
    into = Path(sys.argv[1])
    for name in sys.argv[2:]:
        template = yaml_parse(Path(name).read_text())
        text = SamTemplateValidator(template, NoManagedPolicies()).get_translated_template_if_valid() if "Transform" in template else yaml_dump(template)
        path = into / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        print(f"{name}: {len(template['Resources'])} resources become {len(yaml_parse(text)['Resources'])}")
