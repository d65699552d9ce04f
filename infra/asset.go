package main

import (
	"debug/elf"
	"fmt"
	"os"
	"path/filepath"

	"github.com/aws/aws-cdk-go/awscdk/v2/awslambda"
)

// stage lays out the function's asset: the binary, and settings.json beside it. It tells the architecture by the binary itself,
// so what is deployed cannot differ from what was built.
func stage(folder, bootstrap string, settingsJSON []byte) (awslambda.Architecture, error) {
	binary, err := os.ReadFile(bootstrap)
	if err != nil {
		return nil, fmt.Errorf("the function is not built, run make build: %w", err)
	}
	architecture, err := architectureOf(bootstrap)
	if err != nil {
		return nil, err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return nil, fmt.Errorf("stage the function: %w", err)
	}
	for _, file := range []struct {
		name    string
		content []byte
		mode    os.FileMode
	}{{"bootstrap", binary, 0o755}, {"settings.json", settingsJSON, 0o644}} {
		if err := os.WriteFile(filepath.Join(folder, file.name), file.content, file.mode); err != nil {
			return nil, fmt.Errorf("stage the function: %w", err)
		}
	}
	return architecture, nil
}

func architectureOf(bootstrap string) (awslambda.Architecture, error) {
	file, err := elf.Open(bootstrap)
	if err != nil {
		return nil, fmt.Errorf("%s is not a Linux binary, run make build: %w", bootstrap, err)
	}
	defer func() { _ = file.Close() }()
	switch file.Machine {
	case elf.EM_AARCH64:
		return awslambda.Architecture_ARM_64(), nil
	case elf.EM_X86_64:
		return awslambda.Architecture_X86_64(), nil
	}
	return nil, fmt.Errorf("%s is built for %s; Lambda runs arm64 and amd64", bootstrap, file.Machine)
}
