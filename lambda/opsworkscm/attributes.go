package opsworkscm

import (
	"errors"
	"fmt"
	"strings"

	"opsworks-maintenance/lambda/maintenance"
)

// majorUpgrade is the only engine attribute StartMaintenance accepts: it asks for the upgrade from Chef Automate 1 to 2 in
// place of routine maintenance (API_StartMaintenance, EngineAttributes).
const majorUpgrade = "CHEF_MAJOR_UPGRADE"

// checkAttributes refuses what the service would refuse, without repeating a value: a mistyped one may be a secret.
func checkAttributes(engine string, attributes []maintenance.EngineAttribute) error {
	if len(attributes) > 1 {
		return fmt.Errorf("%d engine attributes are given; StartMaintenance knows one, %s", len(attributes), majorUpgrade)
	}
	for _, a := range attributes {
		switch {
		case a.Name != majorUpgrade:
			return fmt.Errorf("the engine attribute %.80q is unknown; StartMaintenance knows one, %s", a.Name, majorUpgrade)
		case a.Value != "true":
			return errors.New("the only value of the engine attribute " + majorUpgrade + " is true")
		case !strings.HasPrefix(engine, "Chef"):
			return fmt.Errorf("%s is for Chef servers; the engine of this one is %q", majorUpgrade, engine)
		}
	}
	return nil
}
