package settings

// The runbooks that come with this project, as the settings name them.
const (
	RunbookChefAutomate     = "chef-automate"
	RunbookPuppetEnterprise = "puppet-enterprise"
	RunbookPuppetServer     = "puppet-server"
)

// Runbooks are the variables that give the function the names that the runbooks of this project were deployed by.
func Runbooks() map[string]string {
	return map[string]string{
		RunbookChefAutomate:     EnvChefAutomateRunbook,
		RunbookPuppetEnterprise: EnvPuppetEnterpriseRunbook,
		RunbookPuppetServer:     EnvPuppetServerRunbook,
	}
}

// ParameterAssumeRole is the parameter by which a runbook is given the role it runs as, which the function must be allowed to pass.
const ParameterAssumeRole = "AutomationAssumeRole"
