(( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
@FUNCTION@() {
    local line
    local -a described
    for line in "${(@f)$(@COMPLETE@ "${(@)words[1,CURRENT]}" 2>/dev/null)}"; do
        [[ -n $line ]] || continue
        if [[ $line == *$'\t'* ]]; then
            described+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        else
            described+=("${line//:/\\:}")
        fi
    done
    (( $#described )) && _describe -V 'inv' described
}
compdef @FUNCTION@ @NAMES@
