package connection

import (
	"crypto/x509"
	"os"
)

// bundles are the files that hold all certificates a system trusts, those of Go (crypto/x509, root_linux.go): the first that is there.
func bundles() []string {
	return []string{
		"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
		"/etc/pki/tls/cacert.pem", "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
	}
}

// Roots are the certificates to trust: those of the system and of SSL_CERT_FILE.
func Roots(getenv func(string) string) *x509.CertPool { return roots(getenv, bundles()) }

// roots are the certificates to trust. Go reads the system's bundle and then every file in the folder it lies in, the bundle among them
// (golang/go#38869): in a cold start over TLS that is most of the work there is. These are those of the bundle, and of SSL_CERT_FILE. nil,
// where there is no bundle or SSL_CERT_DIR names other folders, leaves it to Go.
func roots(getenv func(string) string, bundles []string) *x509.CertPool {
	pool, named := x509.NewCertPool(), getenv("SSL_CERT_FILE")
	if getenv("SSL_CERT_DIR") != "" || named != "" && !appended(pool, named) {
		return nil
	}
	for _, file := range bundles {
		if appended(pool, file) {
			return pool
		}
	}
	return nil
}

func appended(pool *x509.CertPool, file string) bool {
	certificates, err := os.ReadFile(file)
	return err == nil && pool.AppendCertsFromPEM(certificates)
}
