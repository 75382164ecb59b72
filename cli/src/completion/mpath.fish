# Fish completes the words of mpath: `mpath complete` tells what can stand at the cursor.

function __mpath_complete
    set -l words (commandline --current-process --tokenize --cut-at-cursor)
    set -l current (commandline --current-token --cut-at-cursor)
    set -l found (command mpath complete -- $words "$current" 2>/dev/null)
    set -l option (string match --regex -- '^--[^=]*=' "$current")
    set -l path (string replace --regex -- '^--[^=]*=' '' "$current")
    switch "$found[1]"
        case :files
            string replace --regex -- '^' "$option" (__fish_complete_path "$path")
        case :directories
            string replace --regex -- '^' "$option" (__fish_complete_directories "$path")
        case '*'
            printf '%s\n' $found
    end
end

complete --command mpath --no-files --keep-order --arguments '(__mpath_complete)'
