# Note if the version that $SHOW_VERSION prints is not the one that is asked for in $WANTED.
program="${SHOW_VERSION%% *}"
if ! command -v "$program" >/dev/null; then
    not-rehearsed "$program is not on this machine"
    exit
fi
shown="$($SHOW_VERSION 2>&1)"
[[ "$shown" =~ [0-9]+(\.[0-9]+)* ]]
here="${BASH_REMATCH[0]}"
wanted="${WANTED%.[x*]}"
wanted="${wanted%.[x*]}"
echo "$program $here is on this machine"
case "$here." in
    "$wanted".*) ;;
    *) not-rehearsed "$program ${WANTED:-of some version} is asked for, and this machine has $here" ;;
esac
