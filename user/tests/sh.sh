# SPDX-License-Identifier: MIT
# Tests of sh; sourced by run. t NAME STATUS OUTPUT SCRIPT

# ---- words and quotes
t 'single quotes' 0 'a  $x "b" \n' "echo 'a  \$x \"b\" \\n'"
t 'double quotes' 0 'a  v "b" $x \z' 'x=v; echo "a  $x \"b\" \$x \z"'
t 'backslash' 0 'a b $x "' 'echo a\ b \$x \"'
t 'line continuation' 0 'ab cd' 'echo a\
b \
cd'
t 'quotes inside a word' 0 'abcd' "echo a'b'\"c\"d"
t 'empty words' 0 '3' 'set -- "" '"''"' a; echo $#'
t 'unset word vanishes' 0 '1' 'set -- $nothing a; echo $#'
t 'comment' 0 'a#b' 'echo a#b # no'
t 'quote in braces' 0 "it's" 'echo "${x:-it'"'"'s}"'
t 'percent and semicolon' 0 '100%;#' "echo '100%;#'"

# ---- parameters
t 'default value' 0 'd  v' 'y=v; echo ${x:-d} ${x-} "" ${y:-d}'
t 'assign default' 0 'd d' 'echo ${x:=d} $x'
t 'alternative' 0 'alt .' 'y=v; echo ${y:+alt} ${x:+alt}.'
t 'error if unset' 2 'sh: x: missing' 'echo ${x:?missing}; echo not reached'
t 'length' 0 '5 0' 'x=hello; echo ${#x} ${#y}'
t 'prefix and suffix' 0 'c.tar.gz /a/b c.tar c b/c.tar.gz' \
	'p=/a/b/c.tar.gz; f=${p##*/}; echo $f ${p%/*} ${f%.gz} ${f%%.*} ${p#/*/}'
t 'quoted pattern' 0 'a*b b' 'x="a*b"; echo "${x#"*"}" ${x#"a*"}'
t 'special parameters' 0 '2 a b: 0' 'set -- a b; echo $# $1 $2: $?'
t 'field splitting' 0 '<a><b><c>' 'x="  a b	c "; for i in $x; do echo -n "<$i>"; done'
t 'splitting by IFS' 0 '<a><><b c>' 'IFS=:; x="a::b c"; for i in $x; do echo -n "<$i>"; done'
t '"$@"' 0 '<a b><><c>' 'set -- "a b" "" c; for i in "$@"; do echo -n "<$i>"; done'
t '"$@" joins its neighbours' 0 '<xa><by>' 'set -- a b; for i in "x$@y"; do echo -n "<$i>"; done'
t '"$@" without arguments' 0 '0' 'set -- ; set -- "$@"; echo $#'
t '"$*" and IFS' 0 'a:b' 'set -- a b; IFS=:; echo "$*"'
t 'tilde' 0 '/h /h/x ~' 'HOME=/h; echo ~ ~/x "~"'
t 'a value is not parsed' 0 '$(echo no) `x` "' "x='\$(echo no) \`x\` \"'; echo \"\$x\""

# ---- substitution and arithmetic
t 'command substitution' 0 'a b' 'echo $(echo a) `echo b`'
t 'nested substitution' 0 'x y' 'echo $(echo $(echo x) "$(echo "y")")'
t 'trailing newlines go' 0 '[a]' 'echo "[$(echo a; echo; echo)]"'
t 'parenthesis in case in substitution' 0 'yes' 'echo $(case a in a) echo yes;; esac)'
t 'status of an assignment' 3 '' 'x=$(exit 3)'
t 'status kept in words' 0 '3' '(exit 3); x=$?; echo $x'
t 'large substitution' 0 '588895' 'x=$(seq 1 100000); echo "$x" | wc -c'
t 'arithmetic' 0 '14 -2 1 3 8 1 10' \
	'x=4; echo $((2+3*x)) $((-7/3)) $((7%3)) $((7>>1)) $((1<<3)) $((3>2&&2>1)) $((x>3?10:20))'
t 'arithmetic assignment' 0 '7 8 16 16 17' \
	'echo $((x=7)) $((x+=1)) $((x<<=1)) $((x++)) $x'
t 'short circuit has no effect' 0 '0 1 unset' 'echo $((0 && (x=1))) $((1 || (x=1))) ${x:-unset}'
t 'hexadecimal and octal' 0 '255 8' 'echo $((0xff)) $((010))'
t 'logic and bits' 0 '1 0 6 -1 5' 'echo $((!0)) $((5==4)) $((2|4)) $((~0)) $((7&5))'
t 'division by zero' 2 "sh: arithmetic: division by zero at \`'" 'echo $((1/0)); echo no'

# ---- lists, groups, control
t 'and or' 0 'a c d' 'true && echo -n "a "; false && echo b
false || echo -n "c "; true && false || echo d'
t 'not' 0 '1 0' '! true; echo -n "$? "; ! false; echo $?'
t 'exit status' 7 '' 'exit 7'
t 'last status' 1 '' 'true; false'
t 'subshell' 0 '1 5' 'x=1; (x=2; exit 5); s=$?; echo $x $s'
t 'group' 0 'a b' '{ echo -n "a "; echo b; }'
t 'if elif else' 0 'two' 'if false; then echo one; elif true; then echo two; else echo three; fi'
t 'if without a branch' 0 '0' 'if false; then echo; fi; echo $?'
t 'status in else' 0 '3' 'if (exit 3); then :; else echo $?; fi'
t 'while' 0 '0 1 2 ' 'i=0; while [ $i -lt 3 ]; do echo -n "$i "; i=$((i+1)); done'
t 'until' 0 '3' 'i=0; until [ $i = 3 ]; do i=$((i+1)); done; echo $i'
t 'break and continue' 0 '1 3 ' 'for i in 1 2 3 4 5; do
	[ $i = 2 ] && continue
	[ $i = 4 ] && break
	echo -n "$i "
done'
t 'break 2' 0 'a out' 'for i in 1 2; do
	for j in 1 2; do echo -n "a "; break 2; done
done; echo out'
t 'continue 2' 0 'aa' 'for i in 1 2; do for j in 1 2; do echo -n a; continue 2; done; echo no; done'
t 'for over lines' 0 'a b ' 'for i in a \
 b
do
	echo -n "$i "
done'
t 'case' 0 'c other star' 'for f in x.c y "*"; do
	case $f in
	*.h) echo -n h;;
	(*.c|*.S) echo -n "c ";;
	"*") echo -n star;;
	*) echo -n "other "
	esac
done'
t 'function' 3 'f a 1 outer' 'f() { echo -n "f $1 $# "; return 3; }
set -- outer; f a; s=$?; echo $1; exit $s'
t 'function in a pipeline' 0 'A' 'f() { tr a A; }; echo a | f'
t 'recursion' 0 '120' 'f() {
	if [ $1 = 1 ]; then echo 1; else echo $(($1 * $(f $(($1 - 1))))); fi
}
f 5'
t 'pipeline' 0 '3' 'printf "c\na\nb\n" | sort | wc -l'
t 'status of a pipeline' 0 '' 'false | true'
t 'a writer gets SIGPIPE' 0 'y' 'while :; do echo y; done | head -n 1'
t 'loop in a pipeline' 0 '2 lines' 'printf "a\nb\n" | {
	n=0; while read x; do n=$((n+1)); done; echo $n lines
}'
t 'background' 0 'b a' '{ sleep 0.1; echo a; } & echo -n "b "; wait'
t 'wait for a status' 5 '' '(exit 5) & wait $!'
t 'wait for a stranger' 127 '' 'wait 1'
t 'background has no input' 0 'x' 'cat & wait; echo x'
t 'set -e' 1 'a' 'set -e; echo a; false; echo b'
t 'set -e and conditions' 0 'b' 'set -e
if false; then :; fi; false || true; ! true; while false; do :; done; echo b'
t 'set -e in a function that is tested' 0 'in after' 'set -e
f() { false; echo -n "in "; }; f && echo after'
t 'set -x' 0 '+ echo a b
a b' 'set -x; echo a b'
t 'very long list' 0 '5000' "$(seq 1 5000 | sed 's/.*/n=&/'); echo \$n"

# ---- redirections
t 'write, append, read' 0 'a b' 'echo a >f; echo b >>f; echo $(cat <f)'
t 'standard error' 0 'e' 'echo e 2>/dev/null >&2 2>&1; { echo e >&2; } 2>&1 >/dev/null'
t 'order of redirections' 0 'err' '{ echo out; echo err >&2; } 2>&1 >/dev/null'
t 'close' 1 'sh: echo: Bad file descriptor' 'echo x >&-'
t 'descriptor 3' 0 'three' 'exec 3>f3; echo three >&3; exec 3>&-; cat f3'
t 'bad descriptor' 1 'sh: 9: bad file descriptor' 'echo x >&9'
t 'missing file' 1 'sh: /no/file: No such file or directory' 'cat </no/file'
t 'redirected loop' 0 'a b' 'for i in a b; do echo $i; done >f; echo $(cat f)'
t 'redirected function' 0 'x' 'f() { echo x; } ; f >f; cat f'
t 'here-document' 0 'x v $x 3 "q" \' 'x=v; cat <<E
x $x \$x $((1+2)) "q" \\
E'
t 'quoted here-document' 0 '$x `a`' 'cat <<"E"
$x `a`
E'
t 'here-document without tabs' 0 'a
b' 'cat <<-E
		a
	b
	E'
t 'two here-documents' 0 'a
b' 'cat <<A; cat <<B
a
A
b
B'
t 'here-document in a pipeline' 0 'A' 'cat <<E | tr a A
a
E'
t 'large here-document' 0 '588895' 'cat <<E | wc -c
$(seq 1 100000)
E'
t 'full device' 1 'sh: echo: No space left on device' 'echo x >/dev/full'
t 'exec moves output' 0 'a' 'exec >f; echo a; exec cat f >&2'
t 'nothing leaks to programs' 0 '' 'a=$(ls /proc/self/fd)
{ b=$(ls /proc/self/fd); } </dev/null; [ "$a" = "$b" ]'
t 'restored after a built-in' 0 'out' 'echo hidden >/dev/null; read x <f; echo out'

# ---- files
t 'file names' 0 'a.c b.c' 'mkdir g; cd g; touch a.c b.c c.h; echo *.c'
t 'no match stays' 0 '*.nothing' 'echo *.nothing'
t 'quoted star' 0 '* * *' 'cd g; echo "*" \* '"'*'"
t 'star in a value' 0 'a.c b.c *.c' 'cd g; x="*.c"; echo $x "$x"'
t 'cd and pwd' 0 '/ /' 'cd /; echo $(pwd) $PWD'
t 'cd -' 0 '/' 'cd /; cd /tmp; cd - >/dev/null; pwd'
t 'cd to nowhere' 1 'sh: cd: /no/where: No such file or directory' 'cd /no/where'

# ---- built-ins
t 'test numbers' 0 '0 1 0 0' 'test 3 -gt 2; a=$?; [ 3 -lt 2 ]; b=$?; [ 2 -le 2 ]; c=$?
[ -1 -ne 1 ]; echo $a $b $c $?'
t 'test strings' 0 '0 0 0 1' '[ a = a ]; a=$?; [ -z "" ]; b=$?; [ -n x -a x != y ]; c=$?
[ "" ]; echo $a $b $c $?'
t 'test with difficult words' 0 '0 0 1' '[ "(" = "(" ]; a=$?; [ ! = ! ]; b=$?
[ ! x ]; echo $a $b $?'
t 'test files' 0 '0 0 1' '[ -d / ]; a=$?; [ -f f -a -e f ]; b=$?; [ -x f ]; echo $a $b $?'
t 'test: no number' 2 'sh: test: x: not a number' '[ x -eq 1 ]'
t 'read' 0 '[a][b c]' 'echo "  a b c " | { read x y; echo "[$x][$y]"; }'
t 'read with IFS' 0 '1-2:3' 'IFS=: read a b <<E
1:2:3
E
echo $a-$b'
t 'read -r' 0 'a\b ab' 'echo "a\b" | { read -r x; echo -n "$x "; }
echo "a\b" | { read x; echo "$x"; }'
t 'read at the end' 1 '' 'read x </dev/null'
t 'export' 0 'v w' 'export x=v; y=w; export y; sh -c "echo \$x \$y"'
t 'assignment for one program' 0 'v unset' 'x=v sh -c "echo -n \"\$x \""; echo ${x:-unset}'
t 'unset' 0 'unset' 'x=v; unset x; echo ${x-unset}'
t 'shift' 0 'b 1' 'set -- a b; shift; echo $1 $#'
t 'eval' 0 'v' 'x=v; y=x; eval "echo \$$y"'
t 'dot' 0 'v 4' 'echo "x=v; return 4" >lib; . ./lib; s=$?; echo $x $s'
t 'trap EXIT' 3 'bye' 'trap "echo bye" EXIT; exit 3'
t 'trap a signal' 0 'got on' 'trap "echo -n \"got \"" USR1; kill -USR1 $$; echo on'
t 'trap is reset in children' 143 'Terminated' 'trap : TERM; (sh -c "kill -TERM \$PPID"; sleep 1)'
t 'wait is ended by a trap' 138 'usr1' 'trap "echo usr1" USR1
sleep 5 & p=$!
(sleep 0.1; kill -USR1 $$) &
wait $p; s=$?; kill $p; exit $s'

# ---- programs and errors
t 'program not found' 127 'sh: no_such: not found' 'no_such'
t 'not executable' 126 'sh: /etc/passwd: Permission denied' '/etc/passwd'
t 'a directory' 126 'sh: /: Permission denied' '/'
t 'killed by a signal' 137 'Killed' 'sh -c "kill -9 \$\$"; exit $?'
t 'the last command takes the place' 0 'same' 'echo $$ >pid
exec sh -c "[ \$\$ = \$(cat pid) ] && echo same"'
t 'syntax: end of file' 2 'sh: line 1: syntax error: unexpected end of file' 'if true'
t 'syntax: operator' 2 'sh: line 1: syntax error: unexpected ;;' 'echo a;; echo b'
t 'syntax: parenthesis' 2 'sh: line 1: syntax error: unexpected )' 'echo a )'
t 'syntax: quote' 2 'sh: line 1: syntax error: quote without its end' "echo 'a"
t 'commands before a bad line run' 2 'a
sh: line 2: syntax error: unexpected done' 'echo a
done'
t 'empty command' 0 '' ''
t 'bad substitution' 2 'sh: x: bad substitution' 'echo ${x!}'

expect 'sh: -c with name and arguments' 0 'n a 2' sh -c 'echo $0 $1 $#' n a b
expect 'sh: -ec' 1 '' sh -ec 'false; echo no'
echo 'echo $0 $1; exit 4' >script
expect 'sh: script' 4 'script x' sh script x
expect 'sh: missing script' 127 'sh: none: No such file or directory' sh none
expect 'sh: a program is no script' 126 "sh: $bin/true: not a script" sh "$bin/true"
printf 'read x\nline\necho "got $x"' >stdin-script
expect 'sh: commands from standard input' 0 'got line' sh <stdin-script
