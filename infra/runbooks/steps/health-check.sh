# The last look: a run whose server does not come back is a failed one.

work_folder
wait_until_healthy
installed_version
say "healthy after $LOOKS look(s), version $VERSION"
look_closer
step_done "version $VERSION, $(end_of_life "$VERSION")"
