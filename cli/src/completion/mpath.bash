# Bash completes the words of mpath: `mpath complete` tells what can stand at the cursor.
# shellcheck shell=bash

_mpath() {
    local line=${COMP_LINE:0:COMP_POINT} part=$2 word='' quote='' begun='' char i
    local -a words=()
    COMPREPLY=()
    # The words without their quotes. Nothing is expanded.
    for ((i = 0; i < ${#line}; i++)); do
        char=${line:i:1}
        if [[ $quote && $char = "$quote" ]]; then
            quote=''
        elif [[ $char = \\ && $quote != "'" ]]; then
            i=$((i + 1)) begun=1
            word+=${line:i:1}
        elif [[ $quote ]]; then
            word+=$char
        elif [[ $char = [\"\'] ]]; then
            quote=$char begun=1
        elif [[ $char = [[:space:]] ]]; then
            [[ ! $begun ]] || words+=("$word")
            word='' begun=''
        else
            word+=$char begun=1
        fi
    done
    words+=("$word")
    # Readline also breaks words at `=` and `:`, and wants only what stands behind.
    local whole=${words[${#words[@]} - 1]}
    local front=${whole%"$part"}
    while IFS=$'\t' read -r word _; do
        case $word in
        :files) compopt -o default 2>/dev/null; return ;;
        :directories) compopt -o dirnames 2>/dev/null; return ;;
        esac
        COMPREPLY+=("${word#"$front"}")
    done < <(command mpath complete -- "${words[@]}" 2>/dev/null)
}

# Bash 4.4 and later leaves the order as it is.
complete -o nosort -F _mpath mpath 2>/dev/null || complete -F _mpath mpath
