# What PreCheck asks of Chef Automate alone.

before_all() { :; }
# The server fetches its own packages.
fetch() { :; }

# A record that a crash left without an end stays "in progress" in "backup list" for ever: only "backup status" knows.
at_work() {
	local state
	state=$(timeout 120 chef-automate backup status 2>/dev/null </dev/null) || true
	if [ -z "$state" ]; then
		printf 'chef-automate backup status does not answer'
	elif [[ ${state,,} != *idle* ]]; then
		printf 'a backup is at work: %s' "$(tr -s '[:space:]' ' ' < <(printf '%s' "${state:0:120}"))"
	elif upgrading; then
		printf 'an upgrade is running'
	fi
}

# Minor upgrades happen by themselves unless upgrade_strategy is "none" (https://docs.chef.io/automate/upgrade, "Disable Automatic
# Upgrades"): one could begin in the middle of a backup, or be one that nobody has tested.
product_rules() {
	local strategy status stale used
	strategy=$(setting deployment.v1.svc upgrade_strategy) || true
	if [ "$strategy" != none ]; then
		fail "upgrade_strategy is \"${strategy:-at-once}\", so upgrades happen by themselves. Type: printf '[deployment.v1.svc]\\nupgrade_strategy = \"none\"\\n' >none.toml && chef-automate config patch none.toml"
	fi
	status=$(upgrade_status)
	if [[ $status == *"Converge is disabled"* ]]; then
		fail "\"Converge is disabled\" on this server, so nothing is upgraded. Delete /hab/svc/deployment-service/data/converge_disable, or type: chef-automate dev start-converge"
	fi
	if [ -n "$PRODUCT_VERSION" ] && [[ $status == *"airgap bundle"* ]]; then
		fail "this server was installed from an airgap bundle, which no version number upgrades. Leave ProductVersion empty and upgrade by hand with --airgap-bundle."
	fi
	# The checklist of a major upgrade asks these, and MajorUpgrade's yes must not say what is not so (components/automate-cli/pkg/majorupgradechecklist).
	if [ -n "$PRODUCT_VERSION" ] && [ "${VERSION%%.*}" != "${PRODUCT_VERSION%%.*}" ]; then
		if external_search || [ "$(setting global.v1.external.postgresql enable)" = true ]; then
			fail "its search or its PostgreSQL is external, and a major upgrade wants that migrated first. Upgrade by hand, as the product's checklist says."
		fi
		used=$(df -Pk "$ROOT/hab" | awk 'NR == 2 { print $5 + 0 }')
		[ "${used:-100}" -lt 40 ] || fail "${used:-?}% of the disk of /hab are used, and a major upgrade wants more than 60% free. Enlarge it, or delete old backups."
	fi
	if [[ $status == *"Post Upgrade Steps"* ]]; then say "WARNING: steps of an earlier major upgrade are left to do: chef-automate upgrade status names them"; fi
	stale=$(timeout 120 chef-automate backup list 2>/dev/null </dev/null | awk '/in progress/ && !found++ { print $1 }') || true
	if [ -n "$stale" ]; then say "WARNING: backup $stale never ended; chef-automate backup delete $stale removes its record"; fi
	if external_search; then say "OpenSearch is external: the backup has no search data, which is backed up there"; fi
	if [ -n "$WITH_CHEF_SERVER" ]; then say "Chef Infra Server is part of it: $(end_of_life infra-server-15); Chef 360 follows"; fi
}

external_search() { [ "$(setting global.v1.external.opensearch enable)" = true ] || [ "$(setting global.v1.external.elasticsearch enable)" = true ]; }
