# What is checked of the templates, without AWS.

templates=(template.yaml infra/stacks/*.yaml)
translated=$parts/translated

# AWS has cfn-guard's executables on GitHub, without hashes to pin. They are also
# inside this package of AWS's for CDK, whose hash the lock file holds.
cfn_guard() {
	local system=ubuntu machine
	[[ $(uname) == Darwin ]] && system=macos
	machine=$(uname -m)
	"$parts/node/node_modules/@cdklabs/cdk-validator-cfnguard/bin/$system/${machine/arm64/aarch64}/cfn-guard" "$@"
}

sam_validate() { offline "$parts/sam/bin/sam" validate --lint; }

lint_sources() { offline "$parts/sam/bin/cfn-lint" --include-checks I -- "${templates[@]}"; }

translate() {
	rm -rf "$translated"
	offline "$parts/sam/bin/python" "$here/translate.py" "$translated" "${templates[@]}"
}

changed_settings() { offline "$parts/sam/bin/python" "$here/versions.py" template.yaml; }

# W2001: SAM puts the value of a parameter where it needs it, which leaves it
# unused. W3002: a nested stack's address becomes one in S3 only in sam deploy.
lint_translated() {
	(cd "$translated" && offline "$parts/sam/bin/cfn-lint" --include-checks I --ignore-checks W2001 W3002 -- "${templates[@]}")
}

# Each rule must let pass what is right, and nothing that is planted.
guard_rules() {
	local rules tests
	for rules in infra/guard/*.guard; do
		tests=$parts/$(basename "$rules" .guard)-planted.json
		"$parts/sam/bin/python" "$here/planted.py" "$rules" "${rules%.guard}.yaml" >"$tests"
		printf '%s: %d changes\n' "$rules" $(($(grep -o '"FAIL"' "$tests" | wc -l)))
		cfn_guard test --rules-file "$rules" --test-data "$tests" >"$tests.log" || {
			grep -B 20 'Expected = .*, Evaluated' "$tests.log"
			return 1
		}
	done
}

guard_templates() {
	local template data=() report=$parts/guard.log
	for template in "${templates[@]}"; do
		data+=(--data "$translated/$template")
	done
	cfn_guard validate --rules infra/guard "${data[@]}" --show-summary pass,fail >"$report" || {
		cat "$report"
		return 1
	}
	printf '%d rules hold\n' "$(grep -o '^[a-z]*\.guard/\w* *PASS' "$report" | sort -u | wc -l)"
}

checkov_templates() { offline "$parts/checkov/bin/python" "$here/scan.py" "$here/checkov.yaml" "$translated" "${templates[@]}"; }

check_templates() {
	step 'sam validate --lint' sam_validate
	step 'cfn-lint' lint_sources
	step 'SAM translation' translate
	step 'changed settings are new versions' changed_settings
	step 'cfn-lint, translated' lint_translated
	step 'cfn-guard rules, with planted violations' guard_rules
	step 'cfn-guard' guard_templates
	step 'checkov' checkov_templates
}
