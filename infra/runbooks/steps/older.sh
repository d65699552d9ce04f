# older VERSION OTHER: nothing here goes back, and dnf would. Chef Automate's versions were times of building (20220329091442) before they had
# dots: those are no yardstick.
older() { [[ $2 == *.* && $1 != "$2" && $(printf '%s\n' "$1" "$2" | sort -V | head -n 1) == "$1" ]]; }
