function @FUNCTION@
    set -l words (commandline -opc) (commandline -ct)
    @COMPLETE@ $words 2>/dev/null
end
for name in @NAMES@
    complete -c $name -f -k -a '(@FUNCTION@)'
end
