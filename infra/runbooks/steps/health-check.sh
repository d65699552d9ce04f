# The last look: a run whose server does not come back is a failed one.

wait_until_healthy
version=$(installed_version)
say "healthy after $LOOKS look(s), version $version"
step_done
