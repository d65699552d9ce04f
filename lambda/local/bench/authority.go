package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority is a certificate authority of this run alone, and what it has certified: the address of the services.
type authority struct {
	server *tls.Config
	folder string
	bundle string // file of the roots to trust: this machine's own and the authority
	roots  int    // how many
}

func newAuthority() (*authority, error) {
	now := time.Now()
	root := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	leaf := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "services"}, NotBefore: root.NotBefore, NotAfter: root.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	rootKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	leafKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, rootKey.Public(), rootKey)
	if err != nil {
		return nil, fmt.Errorf("certify the authority: %w", err)
	}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, leafKey.Public(), rootKey)
	if err != nil {
		return nil, fmt.Errorf("certify the services: %w", err)
	}
	a := &authority{server: &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{leafDER}, PrivateKey: leafKey}},
		NextProtos:   []string{"http/1.1"},
	}}
	return a, a.writeBundle(rootDER)
}

// writeBundle appends the authority to the roots of this machine, since a client in Lambda reads that many before its first call.
// SSL_CERT_FILE takes the place of the bundle only: Go reads the folder /etc/ssl/certs too, as it does on Amazon Linux 2023, where
// the same roots lie once more (golang/go#79018).
func (a *authority) writeBundle(root []byte) (err error) {
	if a.folder, err = os.MkdirTemp("", "bench"); err != nil {
		return err
	}
	var roots []byte
	for _, file := range []string{"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem"} {
		if roots, err = os.ReadFile(file); err == nil {
			break
		}
	}
	roots = append(roots, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root})...)
	a.roots = bytes.Count(roots, []byte("-----BEGIN CERTIFICATE-----"))
	a.bundle = filepath.Join(a.folder, "roots.pem")
	return os.WriteFile(a.bundle, roots, 0o600)
}

func (a *authority) close() { _ = os.RemoveAll(a.folder) }
