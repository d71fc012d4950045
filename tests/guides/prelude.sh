# What stands before every block; see stage.rs.
unset BASH_ENV
set -e -o pipefail
trap 'told "$?" "$LINENO"' ERR

# Tells which line of the document failed.
told() {
    printf '%s:%s: %s (exit code %s)\n' "$DOCUMENT" "$2" "$(sed -n "$2p" "$0")" "$1" >&9
}

# Prompts are answered, keystores are cheap, a live watch ends, and the chain is the test's.
patientport() {
    case "$1 $2" in
        'wallet new' | 'wallet import' | 'identity new' | 'identity restore' | 'identity recover')
            set -- "$@" --scrypt-log-n 13 ;;
        devnode\ *) set -- "$@" --show-settings ;;
        watch\ *) [[ " $* " == *' --once '* ]] || set -- "$@" --once ;;
    esac
    # A function that fails ends the block before its line is told, unless it returns.
    command patientport --yes "$@" || return
}

# Keeps a value, whose name stands for it from the next block on.
value() {
    [ -n "$2" ] && printf '%s' "$2" >"$VALUES/$1"
}

# The first address of what is read.
address() {
    grep -o '0x[0-9a-fA-F]\{40\}' | sed -n 1p || return
}

# What has to be refused.
refused() {
    local code=0
    "$@" || code=$?
    [ "$code" = 1 ] || return
}

if [ -f "$STATE" ]; then
    # shellcheck disable=SC1090 # what the block before has left
    . "$STATE"
fi
trap '[ $? = 0 ] && { export -p; printf "cd %q\n" "$PWD"; } >"$STATE"' EXIT
