# make run, make test: need Go, git and make only. make deploy needs the SAM CLI.
# make validate, make verify: install the rest into .verify/.
FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard functions/*/main.go)))
GOARCH    ?= arm64
# Lean, and the same bytes from the same source: no paths, git state, symbols or RPC
# runtime (which only the retired go1.x used).
LEAN      := -trimpath -buildvcs=false -ldflags "-s -w" -tags lambda.norpc
GO_BUILD   = CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build $(LEAN)
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2
GOSEC       := github.com/securego/gosec/v2/cmd/gosec@v2.30.0
GOVULNCHECK := golang.org/x/vuln/cmd/govulncheck@v1.9.0
# Or a mirror of it.
VULNDB    ?= https://vuln.go.dev
# The SAM CLI of the one who deploys, or SAM=.verify/sam/bin/sam, which make validate installs.
SAM       ?= sam

.PHONY: run test validate verify pictures build deploy bench lint FORCE

run:
	go run ./infra/local

test:
	go test ./...

# The templates alone, in half a minute.
validate:
	bash infra/verify/run.sh templates

verify:
	bash infra/verify/run.sh

# The README's, anew, with what make verify has installed.
pictures:
	VERIFY_CHROMIUM=$$(command -v chromium) VERIFY_NODE_MODULES=$(CURDIR)/.verify/node/node_modules node infra/verify/browser/pictures.mjs

build: $(FUNCTIONS:%=dist/%/bootstrap)

# go build knows best whether there is something to do.
dist/%/bootstrap: FORCE
	$(GO_BUILD) -o $@ ./functions/$*

# sam build calls these (BuildMethod: makefile), one for each function resource.
build-LoginFunction: FUNCTION = login
build-AuthenticateFunction: FUNCTION = authenticate
build-LogoutFunction: FUNCTION = logout
build-PreflightFunction: FUNCTION = preflight
build-RotateFunction: FUNCTION = rotate
build-LoginFunction build-AuthenticateFunction build-LogoutFunction build-PreflightFunction build-RotateFunction:
	$(GO_BUILD) -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(FUNCTION)

# What to set comes from samconfig.toml; the first time make deploy ARGS=--guided asks.
deploy:
	@command -v $(SAM) >/dev/null || { echo "$(SAM) is not here. Install the AWS SAM CLI, or: make validate deploy SAM=.verify/sam/bin/sam"; exit 1; }
	$(SAM) build
	$(SAM) deploy $(ARGS)

bench:
	go run ./infra/bench

# make verify runs this as well, and the tests with -race. gosec reads what is not there
# for tests only. G304 (a file named by a variable) is off in infra: a command opens the
# file that its operator names. It is on for the functions, which open none.
lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...
	go run $(GOSEC) -quiet -color=false -nosec-require-rules -nosec-require-justification -exclude-rules '$(CURDIR)/infra/:G304' \
		$$(go list -f '{{.Dir}}' ./... | grep -v 'test$$')
	@bash infra/verify/vulnerable.sh $(GOVULNCHECK) $(VULNDB)
