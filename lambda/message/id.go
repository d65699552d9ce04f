package message

import "strings"

// What goes into commands and links is exactly what it should be, or left out.

const (
	hexadecimal = "0123456789abcdef"
	letters     = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	wordly      = letters + "0123456789"
)

func consists(s, of string) bool { return strings.Trim(s, of) == "" }

// isRunID: of the letters, digits and hyphens that maintenance.NewID makes, and no longer than the function takes in a request.
func isRunID(s string) bool { return s != "" && len(s) <= 100 && consists(s, wordly+"-") }

// isExecutionID: "Fixed length of 36" (API_GetAutomationExecution), a UUID.
func isExecutionID(s string) bool { return len(s) == 36 && consists(s, hexadecimal+"-") }

// isNodeID: i- with 8 or 17 digits, mi- with 17 (InstanceId, API_InstanceInformation).
func isNodeID(s string) bool {
	id, hybrid := strings.CutPrefix(s, "mi-")
	if !hybrid {
		var ec2 bool
		if id, ec2 = strings.CutPrefix(s, "i-"); !ec2 {
			return false
		}
	}
	return consists(id, hexadecimal) && (len(id) == 17 || len(id) == 8 && !hybrid)
}

// isDocument: ^[a-zA-Z0-9_\-.:/]{3,128}$ (DocumentName, API_StartAutomationExecution).
func isDocument(s string) bool { return len(s) >= 3 && len(s) <= 128 && consists(s, wordly+"_-.:/") }

// isARN: arn:partition:service:region:account:resource, without blanks.
// https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html
func isARN(s string) bool {
	parts := strings.SplitN(s, ":", 6)
	return len(parts) == 6 && len(s) <= 2048 && parts[0] == "arn" && strings.HasPrefix(parts[1], "aws") &&
		parts[2] != "" && parts[5] != "" && consists(s, wordly+"_-.:/+=,@*")
}
