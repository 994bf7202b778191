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
t 'empty words' 0 '<><><a>' 'for i in "" '"''"' a; do echo -n "<$i>"; done'
t 'unset word vanishes' 0 '<a>' 'for i in $nothing a; do echo -n "<$i>"; done'
t 'comment' 0 'a#b' 'echo a#b # no'
t 'quote in braces' 0 "it's" 'echo "${x:-it'"'"'s}"'
t 'percent and semicolon' 0 '100%;#' "echo '100%;#'"

# ---- parameters
t 'default value' 0 'd  v a b' 'y=v; echo ${x:-d} "" ${y:-d} ${x:-$(echo a b)}'
expect 'sh: special parameters' 0 '2 a b: 0' sh -c 'echo $# $1 $2: $?' sh a b
t 'field splitting' 0 '<a><b><c>' 'x="  a b	c "; for i in $x; do echo -n "<$i>"; done'
args='for i in "$@"; do echo -n "<$i>"; done'
expect 'sh: "$@"' 0 '<a b><><c>' sh -c "$args" sh 'a b' '' c
args='for i in "x$@y"; do echo -n "<$i>"; done'
expect 'sh: "$@" joins its neighbours' 0 '<xa><by>' sh -c "$args" sh a b
t '"$@" without arguments' 0 '' 'for i in "$@"; do echo -n "<$i>"; done'
t 'a value is not parsed' 0 '$(echo no) `x` "' "x='\$(echo no) \`x\` \"'; echo \"\$x\""

# ---- substitution and arithmetic
t 'command substitution' 0 'a b' 'echo $(echo a) `echo b`'
t 'nested substitution' 0 'x y' 'echo $(echo $(echo x) "$(echo "y")")'
t 'trailing newlines go' 0 '[a]' 'echo "[$(echo a; echo; echo)]"'
t 'status of an assignment' 3 '' 'x=$(exit 3)'
t 'status kept in words' 0 '3' '(exit 3); x=$?; echo $x'
t 'large substitution' 0 '108894' 'x=$(seq 1 20000); echo "$x" | wc -c'
t 'arithmetic' 0 '14 -2 1 3 8 1' \
	'x=4; echo $((2+3*x)) $((-7/3)) $((7%3)) $((7>>1)) $((1<<3)) $((3>2&&2>1))'
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
t 'for over lines' 0 'a b ' 'for i in a \
 b
do
	echo -n "$i "
done'
t 'pipeline' 0 '3' 'printf "c\na\nb\n" | sort | wc -l'
t 'status of a pipeline' 0 '' 'false | true'
t 'a writer gets SIGPIPE' 0 'y' 'while :; do echo y; done | head -n 1'
t 'loop in a pipeline' 0 '2 lines' 'printf "a\nb\n" | {
	n=0; while read x; do n=$((n+1)); done; echo $n lines
}'
t 'background' 0 'b a' '{ until [ -e go ]; do sleep 0.1; done; echo a; } &
	echo -n "b "; touch go; wait'
t 'wait for a status' 5 '' '(exit 5) & wait $!'
t 'wait for a stranger' 127 '' 'wait 1'
t 'background has no input' 0 'x' 'cat & wait; echo x'
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
t 'cd to nowhere' 1 'sh: cd: /no/where: No such file or directory' 'cd /no/where'

# ---- built-ins
t 'test numbers' 0 '0 1 0 0' 'test 3 -gt 2; a=$?; [ 3 -lt 2 ]; b=$?; [ 2 -le 2 ]; c=$?
[ -1 -ne 1 ]; echo $a $b $c $?'
t 'test strings' 0 '0 0 0 1' '[ a = a ]; a=$?; [ -z "" ]; b=$?; [ x != y ]; c=$?
[ "" ]; echo $a $b $c $?'
t 'test with difficult words' 0 '0 0 1' '[ "(" = "(" ]; a=$?; [ ! = ! ]; b=$?
[ ! x ]; echo $a $b $?'
t 'test files' 0 '0 0 1' '[ -d / ]; a=$?; [ -f f ]; b=$?; [ -x f ]; echo $a $b $?'
t 'read' 0 '[a][b c]' 'echo "  a b c " | { read x y; echo "[$x][$y]"; }'
t 'read at the end' 1 '' 'read x </dev/null'
t 'export' 0 'v w' 'export x=v; y=w; export y; sh -c "echo \$x \$y"'
t 'assignment for one program' 0 'v unset' 'x=v sh -c "echo -n \"\$x \""; echo ${x:-unset}'
# ---- programs and errors
t 'program not found' 127 'sh: no_such: not found' 'no_such'
t 'not executable' 126 'sh: /etc/passwd: Permission denied' '/etc/passwd'
t 'a directory' 126 'sh: /: Permission denied' '/'
t 'killed by a signal' 137 'Killed' 'sh -c "kill -9 \$\$"; exit $?'
t 'the last command takes the place' 0 'same' 'echo $$ >pid
exec sh -c "[ \$\$ = \$(cat pid) ] && echo same"'
t 'syntax: end of file' 2 'sh: syntax error: unexpected end' 'if true'
t 'syntax: operator' 2 'sh: syntax error: unexpected ;' 'echo a;; echo b'
t 'syntax: parenthesis' 2 'sh: syntax error: unexpected )' 'echo a )'
t 'syntax: quote' 2 'sh: syntax error: unexpected end' "echo 'a"
t 'empty command' 0 '' ''
t 'bad substitution' 2 'sh: ${x!}: only NAME and NAME:-WORD are known' 'echo ${x!}'

expect 'sh: -c with name and arguments' 0 'n a 2' sh -c 'echo $0 $1 $#' n a b
echo 'echo $0 $1; exit 4' >script
expect 'sh: script' 4 'script x' sh script x
expect 'sh: missing script' 127 'sh: none: No such file or directory' sh none
expect 'sh: a program is no script' 126 "sh: $bin/true: not a script" sh "$bin/true"
printf 'for x in line\ndo\necho "got $x"\ndone' >stdin-script
expect 'sh: commands from standard input' 0 'got line' sh <stdin-script
