# Installs what make verify needs at pinned versions into .verify/.

# programs sees to what comes from the system: it installs what Debian has in
# the version we want, and names the rest.
programs() {
	local missing=() packages=() program
	for program in "$@"; do
		command -v "$program" >/dev/null || missing+=("$program")
	done
	if command -v node >/dev/null && (($(node -p 'parseInt(process.versions.node)') < 20)); then
		missing+=("node 20 or newer")
	fi
	if command -v python3 >/dev/null && ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
		packages+=(python3-venv)
	fi
	if [[ $only != templates ]]; then
		command -v php >/dev/null || packages+=(php-cli)
		command -v chromium >/dev/null || packages+=(chromium)
	fi

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
	local lock=$here/requirements/$1.txt venv=$parts/$1
	if cmp -s "$lock" "$venv/installed.txt" && "$venv/bin/python" -c ''; then
		return
	fi
	rm -rf "$venv"
	python3 -m venv "$venv"
	"$venv/bin/python" -m pip install --quiet --disable-pip-version-check \
		--require-hashes --no-deps --only-binary :all: -r "$lock"
	cp "$lock" "$venv/installed.txt"
}

node_packages() {
	local dir=$parts/node
	if cmp -s "$here/package-lock.json" "$dir/installed.json"; then
		return
	fi
	rm -rf "$dir"
	mkdir "$dir"
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$dir"
	npm ci --prefix "$dir" --ignore-scripts --no-audit --no-fund --loglevel=error
	cp "$here/package-lock.json" "$dir/installed.json"
}

# offline runs a command that has no business beyond this machine: what it tries
# on the network fails at once, and it has no account with AWS.
offline() {
	local nowhere=http://127.0.0.1:9
	mkdir -p "$parts/sam-home"
	# SAM asks for a newer version once a week; only a date here (it must be a
	# float) stops it.
	echo '{"lastVersionCheck": 4102444800.0}' >"$parts/sam-home/metadata.json"
	env -u AWS_PROFILE AWS_ACCESS_KEY_ID=none AWS_SECRET_ACCESS_KEY=none AWS_DEFAULT_REGION=eu-west-1 AWS_EC2_METADATA_DISABLED=true \
		http_proxy=$nowhere https_proxy=$nowhere HTTP_PROXY=$nowhere HTTPS_PROXY=$nowhere no_proxy=127.0.0.1 NO_PROXY=127.0.0.1 \
		SAM_CLI_TELEMETRY=0 __SAM_CLI_APP_DIR="$parts/sam-home" CKV_SKIP_PACKAGE_UPDATE_CHECK=true "$@"
}
