# make run, make test: need Go, git and make only. make verify installs the rest.
FUNCTIONS := $(notdir $(patsubst %/main.go,%,$(wildcard functions/*/main.go)))
GOARCH    ?= arm64
# Lean, and the same bytes from the same source: no paths, git state, symbols or RPC
# runtime (which only the retired go1.x used).
LEAN      := -trimpath -buildvcs=false -ldflags "-s -w" -tags lambda.norpc
STATICCHECK := honnef.co/go/tools/cmd/staticcheck@v0.8.2

.PHONY: run test verify build bench lint FORCE

run:
	go run ./infra/local

test:
	go test ./...

verify:
	bash infra/verify/run.sh

build: $(FUNCTIONS:%=dist/%/bootstrap)

# go build knows best whether there is something to do.
dist/%/bootstrap: FORCE
	CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build $(LEAN) -o $@ ./functions/$*

bench:
	go run ./infra/bench

lint:
	@test -z "$$(gofmt -l .)" || { gofmt -l .; echo "run gofmt -w on these"; exit 1; }
	go vet ./...
	go run $(STATICCHECK) ./...

# sam build calls these (BuildMethod: makefile), one for each function resource.
build-LoginFunction: FUNCTION = login
build-AuthenticateFunction: FUNCTION = authenticate
build-LogoutFunction: FUNCTION = logout
build-LoginFunction build-AuthenticateFunction build-LogoutFunction:
	CGO_ENABLED=0 GOOS=linux GOARCH=$(GOARCH) go build $(LEAN) -o "$(ARTIFACTS_DIR)/bootstrap" ./functions/$(FUNCTION)
