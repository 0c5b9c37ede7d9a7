package main

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path"
	"slices"
	"strings"
	"testing"
)

const house = "deskpro-login/"

// vaultPath is the package by which secrets are reached; the others that may link
// what asks for one are adapters, which it alone wires.
const vaultPath = house + "infra/loginctl/vault"

// mayOpen are the commands that may reach a secret. No other can, though who runs
// it may be allowed to: setup prints what is mailed, and account is for people who
// see to accounts and nothing else.
var mayOpen = []string{"newSecret", "newDoctor"}

type linked struct {
	ImportPath, Export string
	GoFiles            []string
	Imports, Deps      []string
}

// links are loginctl and all that it links, by import path.
func links(t *testing.T) map[string]linked {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("go", "list", "-deps", "-export", "-json=ImportPath,Export,GoFiles,Imports,Deps", ".")
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("listing packages: %v\n%s", err, &stderr)
	}
	packages := map[string]linked{}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p linked
		if err := decoder.Decode(&p); err != nil {
			t.Fatal(err)
		}
		packages[p.ImportPath] = p
	}
	return packages
}

// asksForSecrets reports whether a package is one that can, all by itself.
func asksForSecrets(importPath string) bool {
	return strings.HasSuffix(importPath, "/service/secretsmanager") || importPath == house+"pkg/keyring/awssecrets" || importPath == house+"pkg/rotation/awsrotation"
}

func TestTheVaultIsTheOnlyWayToASecret(t *testing.T) {
	ways := 0
	for _, p := range links(t) {
		if !strings.HasPrefix(p.ImportPath, house) || asksForSecrets(p.ImportPath) {
			continue
		}
		for _, imported := range p.Imports {
			switch {
			case asksForSecrets(imported) && p.ImportPath != vaultPath:
				t.Errorf("%s imports %s, but only %s may", p.ImportPath, imported, vaultPath)
			case asksForSecrets(imported):
				ways++
			case imported == vaultPath && p.ImportPath != house+"infra/loginctl":
				t.Errorf("%s imports %s, but only the command itself may", p.ImportPath, vaultPath)
			}
		}
	}
	if ways == 0 {
		t.Errorf("%s does not ask for secrets: this looks at something else", vaultPath)
	}
}

func TestOnlyCommandsForSecretsReachThem(t *testing.T) {
	l := read(t)
	for name, file := range l.files {
		for _, decl := range file.Decls {
			if f, is := decl.(*ast.FuncDecl); is && f.Recv == nil && f.Name.Name == "init" {
				t.Errorf("%s has an init, which could hand the vault to any command in a variable", name)
			}
		}
		for _, spec := range file.Imports {
			if spec.Path.Value == `"`+vaultPath+`"` && !strings.HasPrefix(name, "secret") && !strings.HasPrefix(name, "doctor") {
				t.Errorf("%s imports the vault, but only files of commands that may reach a secret do", name)
			}
		}
	}
	commands := 0
	for obj := range l.uses[l.pkg.Scope().Lookup("newRoot")] {
		if !strings.HasPrefix(obj.Name(), "new") {
			continue
		}
		commands++
		way := l.wayToVault(obj)
		switch may := slices.Contains(mayOpen, obj.Name()); {
		case way != nil && !may:
			t.Errorf("what %s makes can reach a secret: %s", obj.Name(), strings.Join(way, " -> "))
		case way == nil && obj.Name() == "newSecret":
			t.Error("newSecret reaches no secret, so this test sees nothing")
		}
	}
	if commands < 5 {
		t.Errorf("newRoot makes %d commands: this looks at something else", commands)
	}
}

// law is who uses whom among what loginctl declares.
type law struct {
	pkg   *types.Package
	files map[string]*ast.File
	uses  map[types.Object]map[types.Object]bool
	// opens are those that use the vault.
	opens map[types.Object]bool
}

func read(t *testing.T) *law {
	t.Helper()
	packages, fset := links(t), token.NewFileSet()
	l := &law{files: map[string]*ast.File{}, uses: map[types.Object]map[types.Object]bool{}, opens: map[types.Object]bool{}}
	var files []*ast.File
	for _, name := range packages[house+"infra/loginctl"].GoFiles {
		file, err := parser.ParseFile(fset, name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		l.files[path.Base(name)], files = file, append(files, file)
	}
	lookup := func(importPath string) (io.ReadCloser, error) { return os.Open(packages[importPath].Export) }
	info := &types.Info{Defs: map[*ast.Ident]types.Object{}, Uses: map[*ast.Ident]types.Object{}}
	var err error
	if l.pkg, err = (&types.Config{Importer: importer.ForCompiler(fset, "gc", lookup)}).Check(house+"infra/loginctl", fset, files, info); err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		for _, decl := range file.Decls {
			l.note(info, decl)
		}
	}
	return l
}

// note takes down what a declaration uses. A type uses its methods: whoever has a
// value of it may come to call any, as through an interface. A variable uses who
// assigns it.
func (l *law) note(info *types.Info, decl ast.Decl) {
	var declared []types.Object
	var within []ast.Node
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		obj := info.Defs[decl.Name].(*types.Func)
		declared, within = append(declared, obj), append(within, decl)
		if receiver := obj.Signature().Recv(); receiver != nil {
			kind := receiver.Type()
			if pointer, ok := kind.(*types.Pointer); ok {
				kind = pointer.Elem()
			}
			l.use(kind.(*types.Named).Origin().Obj(), obj)
		}
	case *ast.GenDecl:
		for _, spec := range decl.Specs {
			switch spec := spec.(type) {
			case *ast.TypeSpec:
				declared, within = append(declared, info.Defs[spec.Name]), append(within, spec)
			case *ast.ValueSpec:
				for _, name := range spec.Names {
					declared = append(declared, info.Defs[name])
				}
				within = append(within, spec)
			}
		}
	}
	for _, node := range within {
		ast.Inspect(node, func(n ast.Node) bool {
			if assign, is := n.(*ast.AssignStmt); is {
				for _, to := range assign.Lhs {
					ident, named := to.(*ast.Ident)
					if !named || info.Uses[ident] == nil || info.Uses[ident].Parent() != l.pkg.Scope() {
						continue
					}
					for _, obj := range declared {
						l.use(info.Uses[ident], obj)
					}
				}
			}
			ident, ok := n.(*ast.Ident)
			if !ok {
				return true
			}
			used := info.Uses[ident]
			if method, is := used.(*types.Func); is {
				used = method.Origin()
			}
			for _, obj := range declared {
				switch {
				case used == nil || used.Pkg() == nil:
				case used.Pkg() == l.pkg:
					l.use(obj, used)
				case used.Pkg().Path() == vaultPath:
					l.opens[obj] = true
				}
			}
			return true
		})
	}
}

func (l *law) use(obj, used types.Object) {
	if l.uses[obj] == nil {
		l.uses[obj] = map[types.Object]bool{}
	}
	l.uses[obj][used] = true
}

// wayToVault returns the names on a way from obj to what uses the vault; nil if
// there is none.
func (l *law) wayToVault(from types.Object) []string {
	before := map[types.Object]types.Object{from: nil}
	for queue := []types.Object{from}; len(queue) > 0; queue = queue[1:] {
		if l.opens[queue[0]] {
			var way []string
			for obj := queue[0]; obj != nil; obj = before[obj] {
				way = append([]string{obj.Name()}, way...)
			}
			return way
		}
		for used := range l.uses[queue[0]] {
			if _, seen := before[used]; !seen {
				before[used] = queue[0]
				queue = append(queue, used)
			}
		}
	}
	return nil
}
