# end_of_life VERSION: a sentence about the product's support. SUPPORT is lines of steps/end-of-life.txt.
end_of_life() {
	local major ends
	while read -r major ends; do
		case $1 in
		"$major" | "$major".*)
			if [ "$ends" = none ]; then
				printf 'no end of support is published for %s %s' "$PRODUCT" "$major"
			elif [[ $(date -u +%F) > $ends ]]; then
				printf 'SUPPORT of %s %s ENDED on %s' "$PRODUCT" "$major" "$ends"
			else
				printf 'support of %s %s ends on %s' "$PRODUCT" "$major" "$ends"
			fi
			return
			;;
		esac
	done < <(printf '%s\n' "$SUPPORT")
	printf 'when support of %s %s ends is not known here' "$PRODUCT" "$1"
}
