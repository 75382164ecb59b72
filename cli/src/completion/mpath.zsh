#compdef mpath
# Zsh completes the words of mpath: `mpath complete` tells what can stand at the cursor.

_mpath() {
    local line word
    local -a line_words lines described
    line_words=("${(@Q)words[1,CURRENT-1]}" "${(Q)PREFIX}" "${(@Q)words[CURRENT+1,-1]}")
    lines=("${(@f)$(command mpath complete --cursor $((CURRENT - 1)) -- "${line_words[@]}" 2>/dev/null)}")
    case ${lines[1]} in
    '') return 1 ;;
    :files) compset -P '--*='; _files; return ;;
    :directories) compset -P '--*='; _files -/; return ;;
    esac
    for line in "${lines[@]}"; do
        word=${line%%$'\t'*}
        line=${line#*$'\t'}
        described+=("${word//:/\\:}${line:+:$line}")
    done
    _describe -V mpath described
}

# As a file of $fpath this is the body of the function; sourced, it makes the function known.
if [[ ${funcstack[1]} = _mpath ]]; then
    _mpath "$@"
else
    compdef _mpath mpath
fi
