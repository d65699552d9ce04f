package main

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"
)

// stage lays out the function's asset: the binary, and settings.json beside it. It tells the architecture by the binary itself,
// so what is deployed cannot differ from what was built, and returns it as Lambda names it.
func stage(folder, bootstrap string, settingsJSON []byte) (string, error) {
	binary, err := os.ReadFile(bootstrap)
	if err != nil {
		return "", fmt.Errorf("the function is not built, run make build: %w", err)
	}
	architecture, err := architectureOf(bootstrap)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return "", fmt.Errorf("stage the function: %w", err)
	}
	for _, file := range []struct {
		name    string
		content []byte
		mode    os.FileMode
	}{{"bootstrap", binary, 0o755}, {"settings.json", settingsJSON, 0o644}} {
		if err := os.WriteFile(filepath.Join(folder, file.name), file.content, file.mode); err != nil {
			return "", fmt.Errorf("stage the function: %w", err)
		}
	}
	return architecture, nil
}

func architectureOf(bootstrap string) (string, error) {
	file, err := elf.Open(bootstrap)
	if err != nil {
		return "", fmt.Errorf("%s is not a Linux binary, run make build: %w", bootstrap, err)
	}
	defer func() { _ = file.Close() }()
	switch file.Machine {
	case elf.EM_AARCH64:
		return "arm64", nil
	case elf.EM_X86_64:
		return "x86_64", nil
	}
	return "", fmt.Errorf("%s is built for %s; Lambda runs arm64 and amd64", bootstrap, file.Machine)
}
