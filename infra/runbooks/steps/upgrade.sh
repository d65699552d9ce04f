# Upgrades the product to the version asked for, and does nothing when none is. A step that says so shows more in the execution than a
# branch around it.

# Or this step would not run.
note Patch "done"
work_folder
if [ -z "$PRODUCT_VERSION" ]; then
	say "nothing to upgrade: no ProductVersion is given"
	step_done
fi
# The patch may have rebooted the server a moment ago.
wait_until_healthy
installed_version
if [ "$PRODUCT_VERSION" = "$VERSION" ]; then
	say "nothing to upgrade: version $VERSION is installed, as asked for"
	step_done
fi
! older "$PRODUCT_VERSION" "$VERSION" || fail "$VERSION is installed since the patches, and $PRODUCT_VERSION is older. Correct ProductVersion: nothing here goes back."
[ "${VERSION%%.*}" = "${PRODUCT_VERSION%%.*}" ] || [ "$MAJOR_UPGRADE" = yes ] ||
	fail "$VERSION to $PRODUCT_VERSION is a major upgrade. Set MajorUpgrade to yes, or correct ProductVersion."
before=$VERSION
upgrade_product "$before"
wait_until_healthy
installed_version
[ "$VERSION" = "$PRODUCT_VERSION" ] || fail "the upgrade ended well, but version $VERSION is installed. Look at the product's own log."
say "upgraded from $before to $PRODUCT_VERSION${LEFT_TO_DO:+; $LEFT_TO_DO}"
step_done "${LEFT_TO_DO:-}"
