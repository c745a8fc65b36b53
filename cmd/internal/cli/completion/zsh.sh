#compdef eksleuth
# Completion of eksleuth for zsh. The program itself knows the words; see
# "eksleuth completion --help" for where this file goes.
_eksleuth() {
	local line word about files=0
	local -a found
	while IFS= read -r line; do
		word=${line%%$'\t'*}
		about=${line#*$'\t'}
		if [[ $word == ":files" ]]; then
			files=1
		else
			found+=("${word//:/\\:}:$about")
		fi
	done < <("${words[1]}" __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
	(( ${#found} )) && _describe -t words 'eksleuth' found
	(( files )) && _files
	return 0
}
if [[ ${funcstack[1]} == _eksleuth ]]; then
	_eksleuth "$@"
else
	compdef _eksleuth eksleuth
fi
