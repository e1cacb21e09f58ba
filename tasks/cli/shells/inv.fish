function __inv_complete
    set -l words (commandline -opc) (commandline -ct)
    @COMPLETE@ $words 2>/dev/null
end
complete -c inv -f -k -a '(__inv_complete)'
complete -c invoke -f -k -a '(__inv_complete)'
