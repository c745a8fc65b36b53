# Completion of eksleuth for bash. The program itself knows the words; see
# "eksleuth completion --help" for where this file goes.
_eksleuth() {
	local word about current=${COMP_WORDS[COMP_CWORD]}
	COMPREPLY=()
	[[ $current == "=" ]] && current=""
	while IFS=$'\t' read -r word about; do
		if [[ $word == ":files" ]]; then
			compopt -o filenames 2>/dev/null
			while IFS= read -r word; do
				COMPREPLY+=("$word")
			done < <(compgen -f -- "$current")
		elif [[ $word == "$current"* ]]; then
			COMPREPLY+=("$word")
		fi
	done < <("${COMP_WORDS[0]}" __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _eksleuth eksleuth
