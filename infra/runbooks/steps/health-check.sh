# The last look: a run whose server does not come back is a failed one.

work_folder
wait_until_healthy
installed_version
say "healthy after $LOOKS look(s), version $VERSION"
look_closer
# Patches may bring a version that nobody asked for.
was=$(cat "$STATE/version" 2>/dev/null) || true
[ "${was:-$VERSION}" != "$VERSION" ] || was=''
step_done "version $VERSION${was:+ (it was $was)}, $(end_of_life "$VERSION")"
