# fish completion for fob. The candidates come from fob itself.
function __fob_complete
    set -l words (commandline -opc)
    set -l last (commandline -ct)
    test (count $last) -gt 0; or set last ''
    for line in (command $words[1] complete -- $words[2..-1] "$last" 2>/dev/null)
        if test "$line" != :file
            echo $line
        else if string match -q -- '--*=*' "$last"
            set -l option (string replace -r '=.*' '=' -- "$last")
            string replace -r -- '^' $option (__fish_complete_path (string replace -r '^[^=]*=' '' -- "$last"))
        else
            __fish_complete_path "$last"
        end
    end
end
complete -c fob -f -a '(__fob_complete)'
