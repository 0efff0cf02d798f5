# bash completion for fob. The candidates come from fob itself.
_fob() {
  local cur prev words cword line
  COMPREPLY=()
  if declare -F _init_completion >/dev/null; then
    _init_completion -n =: || return
  else
    words=("${COMP_WORDS[@]}")
    cword=$COMP_CWORD
    cur=${words[cword]}
  fi
  while IFS= read -r line; do
    if [[ $line == :file ]]; then
      compopt -o filenames 2>/dev/null
      local prefix=
      [[ $cur == --*=* ]] && prefix=${cur%%=*}= && cur=${cur#*=}
      while IFS= read -r line; do
        COMPREPLY+=("$prefix$line")
      done < <(compgen -f -- "$cur")
      return
    fi
    COMPREPLY+=("${line%%$'\t'*}")
  done < <(command "${words[0]}" complete -- "${words[@]:1:cword}" 2>/dev/null)
  declare -F __ltrim_colon_completions >/dev/null && __ltrim_colon_completions "$cur"
}
complete -F _fob fob
