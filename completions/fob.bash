# bash completion for fob. The candidates come from fob itself.
_fob() {
  local rest=$COMP_LINE word blanks line prefix file i
  local -a words=()
  COMPREPLY=()
  # bash has cut the line at "=" and ":" too: put its words together again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    blanks=${rest%%[![:space:]]*}
    rest=${rest#"$blanks"}
    rest=${rest#"$word"}
    if [[ $i -gt 0 && -z $blanks ]]; then
      words[${#words[@]} - 1]+=$word
    else
      words+=("$word")
    fi
  done
  # Of the last one readline replaces only what it took for a word.
  [[ -z ${word//[=:]/} ]] && word=
  prefix=${words[${#words[@]} - 1]%"$word"}
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      compopt -o filenames 2>/dev/null
      while IFS= read -r file; do
        COMPREPLY+=("$file")
      done < <(compgen -f -- "$word")
      return
    fi
    line=${line%%$'\t'*}
    COMPREPLY+=("${line#"$prefix"}")
  done < <(command "${words[0]}" complete -- "${words[@]:1}" 2>/dev/null)
  # More is to be typed behind it.
  [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *[=:/] ]] &&
    compopt -o nospace 2>/dev/null
}
complete -F _fob fob
