#!/usr/bin/env bash
# make verify: installs the real parts at pinned versions into .verify/, starts
# the servers among them on free loopback ports, and runs every test with them.
# Here an absent part is a failure, and so is a skipped test.
# make validate: the same, of the templates only.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/infra/verify
parts=$root/.verify
only=${1:-}
cd "$root"
mkdir -p "$parts"

# step runs a command under a header with its time and keeps a failure for the
# end. The command runs in a shell of its own, so that set -e holds in it.
failed=()
step() {
	local name=$1 began=$SECONDS status
	shift
	printf '\n== %s\n' "$name"
	set +e
	(
		set -e
		"$@"
	)
	status=$?
	set -e
	if ((status)); then
		failed+=("$name")
		printf '== %s: FAILED after %d s\n' "$name" $((SECONDS - began))
	else
		printf '== %s: %d s\n' "$name" $((SECONDS - began))
	fi
}

finish_if_failed() {
	if ((${#failed[@]})); then
		printf '\nverify failed:\n'
		printf '  %s\n' "${failed[@]}"
		exit 1
	fi
}

for part in install templates build servers; do
	source "$here/$part.sh"
done

if [[ $only == templates ]]; then
	step 'programs' programs python3 node npm
	finish_if_failed
else
	step 'programs' programs go gcc git make python3 node npm
	finish_if_failed
	step 'Go modules' go mod download
	step 'Python packages' python_packages python
fi
step 'SAM CLI' python_packages sam
step 'checkov' python_packages checkov
step 'node modules' node_packages
finish_if_failed

check_templates
if [[ $only == templates ]]; then
	finish_if_failed
	printf '\nthe templates are valid\n'
	exit
fi

check_builds

# The workflow is an example: nothing else here runs it.
workflow() {
	local file=infra/ci/github-actions.yml
	go run github.com/rhysd/actionlint/cmd/actionlint@v1.7.12 -shellcheck= -pyflakes= "$file"
	"$parts/python/bin/zizmor" --offline --no-progress --persona auditor "$file"
	# A tag can be moved to other code.
	if grep -E '^ *(- )?uses:' "$file" | grep -vE '@[0-9a-f]{40} # v[0-9]+\.[0-9]+\.[0-9]+$'; then
		printf 'pin it to a commit, with the version beside it\n'
		return 1
	fi
}
step 'example workflow' workflow

export VERIFY=1
VERIFY_PHP=$(command -v php)
VERIFY_NODE=$(command -v node)
VERIFY_CHROMIUM=$(command -v chromium)
export VERIFY_PHP VERIFY_NODE VERIFY_CHROMIUM
export VERIFY_PYTHON=$parts/python/bin/python
export VERIFY_NODE_MODULES=$parts/node/node_modules
export VERIFY_FUNCTIONS=$parts/built/host

serve moto "$VERIFY_PYTHON" -m moto.server -H 127.0.0.1 -p 0
export VERIFY_MOTO=$url
serve dynalite "$VERIFY_NODE" "$here/dynalite.cjs"
export VERIFY_DYNALITE=$url

step 'sam package' package

go_tests() { go test -race -count=1 -json ./... | "$VERIFY_PYTHON" "$here/gotest.py"; }

step 'go test -race, with the real parts' go_tests
step 'lint' make lint
step 'pages in a browser' "$VERIFY_NODE" --test-reporter=spec "$here/browser/suite.mjs"
finish_if_failed
printf '\nverify passed\n'
