# What sam build makes, and that it always makes the same.

# sam_build builds into a folder, for a GOARCH.
sam_build() { GOARCH=$2 offline "$parts/sam/bin/sam" build --build-dir "$1"; }

# functions are the folders of functions/ and the resources that go with them.
functions() {
	local main name
	for main in functions/*/main.go; do
		name=$(basename "$(dirname "$main")")
		printf '%s %sFunction\n' "$name" "${name^}"
	done
}

# The process tests run these.
build_for_this_machine() { sam_build "$parts/built/host" "$(go env GOHOSTARCH)"; }

build_for_lambda() {
	sam_build "$parts/built/lambda" arm64
	make build
	local name resource
	functions | while read -r name resource; do
		cmp "dist/$name/bootstrap" "$parts/built/lambda/$resource/bootstrap"
	done
}

# The second build knows nothing of the first: another folder, no git, and an
# empty cache.
build_again() {
	local folder name resource
	folder=$(mktemp -d)
	trap "rm -rf '$folder'" EXIT
	mkdir "$folder/elsewhere"
	cp -R Makefile README.md samconfig.toml template.yaml go.mod go.sum functions infra pkg "$folder/elsewhere"
	(
		cd "$folder/elsewhere"
		GOCACHE=$folder/cache sam_build "$folder/built" arm64
	)
	functions | while read -r name resource; do
		cmp "$folder/built/$resource/bootstrap" "$parts/built/lambda/$resource/bootstrap"
		sha256sum "$folder/built/$resource/bootstrap"
	done
}

# The zip files that Lambda would be given, in an emulated S3.
package() {
	AWS_ENDPOINT_URL=$VERIFY_MOTO offline "$parts/sam/bin/python" "$here/package.py" \
		"$parts/sam/bin/sam" "$parts/built/lambda" "$parts/built/packaged.yaml"
}

check_builds() {
	step 'sam build for this machine' build_for_this_machine
	step 'sam build for Lambda, as make build' build_for_lambda
	step 'sam build elsewhere, to the same bytes' build_again
}
