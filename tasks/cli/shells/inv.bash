@FUNCTION@() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("${line%%$'\t'*}")
    done < <(@COMPLETE@ "${COMP_WORDS[@]:0:COMP_CWORD+1}" 2>/dev/null)
    [[ ${COMPREPLY[0]-} != */ ]] || compopt -o nospace 2>/dev/null
}
complete -o nosort -F @FUNCTION@ @NAMES@ 2>/dev/null || complete -F @FUNCTION@ @NAMES@
