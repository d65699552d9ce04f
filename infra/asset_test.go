package main

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// header is the beginning of a Linux binary, which is all that tells its architecture.
func header(machine elf.Machine) []byte {
	var b bytes.Buffer
	h := elf.Header64{Type: uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT), Ehsize: 64}
	copy(h.Ident[:], "\x7fELF")
	h.Ident[elf.EI_CLASS], h.Ident[elf.EI_DATA], h.Ident[elf.EI_VERSION] = byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)
	_ = binary.Write(&b, binary.LittleEndian, h)
	return b.Bytes()
}

func TestStage(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "bootstrap")
	for name, c := range map[string]struct {
		binary []byte
		want   string // of the error
	}{
		"arm64":             {header(elf.EM_AARCH64), ""},
		"amd64":             {header(elf.EM_X86_64), ""},
		"another machine":   {header(elf.EM_RISCV), "Lambda runs arm64 and amd64"},
		"not a binary":      {[]byte("#!/bin/sh\n"), "make build"},
		"nothing was built": {nil, "make build"},
	} {
		t.Run(name, func(t *testing.T) {
			_ = os.Remove(file)
			if c.binary != nil {
				if err := os.WriteFile(file, c.binary, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			asset := filepath.Join(t.TempDir(), "asset")
			architecture, err := stage(asset, file, []byte("{}"))
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("error %v, want %s", err, c.want)
				}
				if _, err := os.Stat(asset); err == nil {
					t.Error("an asset was left behind")
				}
				return
			}
			want := map[string]string{"arm64": "arm64", "amd64": "x86_64"}[name]
			if err != nil || architecture != want {
				t.Fatalf("architecture %q, %v, want %s", architecture, err, want)
			}
			info, err := os.Stat(filepath.Join(asset, "bootstrap"))
			if err != nil || info.Mode()&0o111 == 0 {
				t.Errorf("bootstrap: %v, %v", info, err)
			}
			if b, err := os.ReadFile(filepath.Join(asset, "settings.json")); err != nil || string(b) != "{}" {
				t.Errorf("settings.json: %s, %v", b, err)
			}
		})
	}
}
