# Bash completes the words of mpath: `mpath complete` tells what can stand at the cursor.
# shellcheck shell=bash

_mpath() {
    local part=$2 word='' quote='' begun='' cursor='' rest='' char i
    local -a words=()
    COMPREPLY=()
    # The words without their quotes. Nothing is expanded. Of the one at the cursor nothing behind it counts.
    # A backslash at the end reaches beyond it.
    for ((i = 0; i <= ${#COMP_LINE} + 1; i++)); do
        if [[ ! $cursor ]] && ((i >= COMP_POINT)); then
            cursor=${#words[@]} rest=1
            words+=("$word")
        fi
        char=${COMP_LINE:i:1}
        if [[ $quote && $char = "$quote" ]]; then
            quote=''
        elif [[ $char = \\ && $quote != "'" ]]; then
            i=$((i + 1)) begun=1
            word+=${COMP_LINE:i:1}
        elif [[ $quote ]]; then
            word+=$char
        elif [[ $char = [\"\'] ]]; then
            quote=$char begun=1
        elif [[ ! $char || $char = [[:space:]] ]]; then
            [[ ! $begun || $rest ]] || words+=("$word")
            word='' begun='' rest=''
        else
            word+=$char begun=1
        fi
    done
    # Readline also breaks words at `=` and `:`, and wants only what stands behind.
    local whole=${words[cursor]}
    local front=${whole%"$part"}
    while IFS=$'\t' read -r word _; do
        case $word in
        :files) compopt -o default 2>/dev/null; return ;;
        :directories) compopt -o dirnames 2>/dev/null; return ;;
        esac
        COMPREPLY+=("${word#"$front"}")
    done < <(command mpath complete --cursor "$cursor" -- "${words[@]}" 2>/dev/null)
}

# Bash 4.4 and later leaves the order as it is.
complete -o nosort -F _mpath mpath 2>/dev/null || complete -F _mpath mpath
