#!/usr/bin/env bash
# make verify: installs the real parts at pinned versions into .verify/, starts
# the servers among them on free loopback ports, and runs every test with them.
# Here an absent part is a failure, and so is a skipped test.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
here=$root/infra/verify
parts=$root/.verify
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

# programs sees to what comes from the system: it installs what Debian has in
# the version we want, and names the rest.
programs() {
	local missing=() packages=() program
	for program in go gcc make python3 node npm; do
		command -v "$program" >/dev/null || missing+=("$program")
	done
	if command -v node >/dev/null && (($(node -p 'parseInt(process.versions.node)') < 20)); then
		missing+=("node 20 or newer")
	fi
	if command -v python3 >/dev/null && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
		packages+=(python3-venv)
	fi
	command -v php >/dev/null || packages+=(php-cli)
	command -v chromium >/dev/null || packages+=(chromium)

	if ((${#packages[@]})) && ((EUID == 0)) && command -v apt-get >/dev/null; then
		apt-get update -q
		DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends "${packages[@]}"
		packages=()
	fi
	missing+=("${packages[@]}")
	if ((${#missing[@]})); then
		printf 'missing, install it first: %s\n' "${missing[@]}" >&2
		return 1
	fi
}

# A copy of the lock file beside what was installed from it says that it is
# whole and current.

python_packages() {
	local venv=$parts/python
	if cmp -s "$here/requirements.txt" "$venv/installed.txt" && "$venv/bin/python" -c ''; then
		return
	fi
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps --only-binary :all: -r "$here/requirements.txt"
	cp "$here/requirements.txt" "$venv/installed.txt"
}

node_packages() {
	local dir=$parts/node
	if cmp -s "$here/package-lock.json" "$dir/installed.json"; then
		return
	fi
	rm -rf "$dir"
	mkdir "$dir"
	cp "$here/package.json" "$here/package-lock.json" "$dir"
	npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error
	cp "$here/package-lock.json" "$dir/installed.json"
}

step 'programs' programs
finish_if_failed
step 'Python packages' python_packages
step 'node modules' node_packages
finish_if_failed

# serve starts a server that prints its URL, and sets url to it once it answers.
pids=()
trap '((${#pids[@]} == 0)) || kill "${pids[@]}" 2>/dev/null || true' EXIT
serve() {
	local name=$1 log=$parts/$1.log
	shift
	: >"$log"
	"$@" >>"$log" 2>&1 &
	pids+=($!)
	for _ in {1..150}; do
		if [[ $(<"$log") =~ http://127\.0\.0\.1:([0-9]+) ]] &&
			(exec 3<>"/dev/tcp/127.0.0.1/${BASH_REMATCH[1]}") 2>/dev/null; then
			url=${BASH_REMATCH[0]}
			return
		fi
		kill -0 $! 2>/dev/null || break
		sleep 0.2
	done
	printf '%s did not start:\n' "$name" >&2
	cat "$log" >&2
	exit 1
}

export VERIFY=1
VERIFY_PHP=$(command -v php)
VERIFY_NODE=$(command -v node)
VERIFY_CHROMIUM=$(command -v chromium)
export VERIFY_PHP VERIFY_NODE VERIFY_CHROMIUM
export VERIFY_PYTHON=$parts/python/bin/python
export VERIFY_NODE_MODULES=$parts/node/node_modules

serve moto "$VERIFY_PYTHON" -m moto.server -H 127.0.0.1 -p 0
export VERIFY_MOTO=$url
serve dynalite "$VERIFY_NODE" "$here/dynalite.cjs"
export VERIFY_DYNALITE=$url

go_tests() { go test -race -count=1 -json ./... | "$VERIFY_PYTHON" "$here/gotest.py"; }

step 'go test -race, with the real parts' go_tests
step 'cfn-lint' "$parts/python/bin/cfn-lint" template.yaml
step 'make build' make build
step 'lint' make lint
step 'round trip in a browser' "$VERIFY_NODE" --test-reporter=spec "$here/browser/roundtrip.mjs"
finish_if_failed
printf '\nverify passed\n'
