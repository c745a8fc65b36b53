# Completion of eksleuth for fish. The program itself knows the words; see
# "eksleuth completion --help" for where this file goes.
function __eksleuth_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    for line in ($words[1] __complete $words[2..-1] "$current" 2>/dev/null)
        if string match -q ':files*' -- $line
            __fish_complete_path "$current"
        else
            echo $line
        end
    end
end
complete -c eksleuth -f -a '(__eksleuth_complete)'
