# The yes-or-no variables (YES, UNLOCK, REFRESH, …). Sourced by run.sh and by the GitLab pipeline.

# says_yes NAME: succeed if the variable says yes; unset and empty mean no. A value that is neither yes
# nor no ends the shell with an error.
says_yes() {
    eval "answer=\${$1-}"
    case $(printf %s "$answer" | tr '[:upper:]' '[:lower:]') in
    1 | y | yes | t | true | on) return 0 ;;
    '' | 0 | n | no | f | false | off) return 1 ;;
    esac
    printf 'make: %s is %s: set it to yes or no\n' "$1" "'$(printf %s "$answer" | tr -c '[:print:]' '?')'" >&2
    exit 1
}
