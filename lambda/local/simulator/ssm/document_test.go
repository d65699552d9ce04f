package ssm_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"opsworks-maintenance/lambda/local/simulator/simulatortest"
	"opsworks-maintenance/lambda/local/simulator/ssm"
)

func TestService_DescribeDocument(t *testing.T) {
	s := newService(t, ssm.Config{})
	s.SetCalendar("always", true, time.Time{})
	client := newClient(t, s, 1)
	const prefix = "arn:aws:ssm:us-east-1:123456789012:document/"
	for sentence, test := range map[string]struct {
		name, version string
		kind          types.DocumentType
		is, latest    string
	}{
		"a runbook has its default version":           {"maintain-chef", "", "Automation", "1", "2"},
		"a runbook is found by its ARN":               {prefix + "maintain-chef", "$DEFAULT", "Automation", "1", "2"},
		"the latest version is the last":              {"maintain-chef", "$LATEST", "Automation", "2", "2"},
		"a version is found by its number":            {"maintain-chef", "2", "Automation", "2", "2"},
		"a calendar is a document of another type":    {"always", "", "ChangeCalendar", "1", "1"},
		"a calendar is found by its ARN, without one": {"arn:aws:ssm:us-east-1::document/always", "1", "ChangeCalendar", "1", "1"},
	} {
		t.Run(sentence, func(t *testing.T) {
			in := &sdk.DescribeDocumentInput{Name: aws.String(test.name)}
			if test.version != "" {
				in.DocumentVersion = aws.String(test.version)
			}
			out, err := client.DescribeDocument(t.Context(), in)
			must(t, err)
			d := out.Document
			if *d.Name != test.name[strings.LastIndexByte(test.name, '/')+1:] || d.DocumentType != test.kind ||
				d.Status != types.DocumentStatusActive ||
				*d.DocumentVersion != test.is || *d.DefaultVersion != "1" || *d.LatestVersion != test.latest {
				t.Errorf("got %+v", d)
			}
		})
	}
	t.Run("parameters that are required have no default value, all others have one", func(t *testing.T) {
		out, err := client.DescribeDocument(t.Context(), &sdk.DescribeDocumentInput{Name: aws.String("maintain-chef")})
		must(t, err)
		var got []string
		for _, p := range out.Document.Parameters {
			value := "required"
			if p.DefaultValue != nil {
				value = "or " + *p.DefaultValue
			}
			got = append(got, *p.Name+" "+string(p.Type)+" "+value)
		}
		want := "InstanceId String required, RebootOption String or RebootIfNeeded, Reason String or routine"
		if strings.Join(got, ", ") != want {
			t.Errorf("got %q", got)
		}
	})
}

func TestService_DescribeDocument_Errors(t *testing.T) {
	s := newService(t, ssm.Config{})
	s.SetCalendar("always", true, time.Time{})
	client := newClient(t, s, 1)
	ask := func(name string, version *string) error {
		_, err := client.DescribeDocument(t.Context(), &sdk.DescribeDocumentInput{Name: aws.String(name), DocumentVersion: version})
		return err
	}
	simulatortest.WantType[*types.InvalidDocument](t, ask("maintain-salt", nil))
	simulatortest.WantType[*types.InvalidDocument](t, ask("arn:aws:ssm:eu-west-1:123456789012:document/maintain-chef", nil))
	simulatortest.WantType[*types.InvalidDocumentVersion](t, ask("maintain-chef", aws.String("3")))
	simulatortest.WantType[*types.InvalidDocumentVersion](t, ask("always", aws.String("2")))
	simulatortest.WantCode(t, ask("maintain chef", nil), "ValidationException")
	simulatortest.WantCode(t, ask("maintain-chef", aws.String("0")), "ValidationException")
	for body, want := range map[string]string{
		`{}`: "Value null at 'name'", `{"Name":1}`: "SerializationException",
		`{"Name":"maintain-chef","DocumentVersion":1}`: "SerializationException",
		`{"Name":"maintain-chef","VersionName":"v"}`:   "VersionName is not simulated",
	} {
		got := post(t, s, "DescribeDocument", body)
		got.Status(t, 400)
		got.Has(t, want)
	}
	post(t, s, "DescribeDocument", `{"Name":"maintain-chef","VersionName":null}`).Status(t, 200)
}
